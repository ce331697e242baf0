/* For casework's acting files: what of a plan the store is told to bring about. */
#ifndef ASTRAD_CASEWORK_ALERT_EFFECT_H
#define ASTRAD_CASEWORK_ALERT_EFFECT_H

#include "casework/alert_decision.h"

/* Variants, plan and who is sent to now: `step` says which rungs fire at once. Memory is the
 * work's. */
void alert_effect_fill(const struct alert_work *work, const struct plan *plan,
		       const struct ladder_step *step, struct alert_effect *effect);

/*
 * The same for a /send or /repolicy: what work->act asks. Who stands in the approved plan keeps its
 * place and variant there; who was sent the current version is not sent it again.
 */
void alert_effect_fill_act(const struct alert_work *work, const struct plan *plan,
			   const struct ladder_step *step, struct alert_effect *effect);

#endif

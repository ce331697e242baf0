/* Private to the outbox: claimed rows on their way to the wire. */
#ifndef ASTRAD_OUTBOX_FLIGHT_H
#define ASTRAD_OUTBOX_FLIGHT_H

#include "outbox/outbox_private.h"

/* A row that the store has claimed for ask; the flight takes its slots. */
void flight_create(struct ask *ask, const struct store_claim *claim);
/* Row and body are there: it may go in one of the next turns. It is in no list. */
void flight_ready(struct flight *flight);
/* It is not sent after all. It is in no list. */
void flight_back(struct flight *flight);
/* Its result, or that it was given back, is committed: slots are free again. In no list. */
void flight_destroy(struct flight *flight);

/* Gives back what was not sent yet of one alert, or (NULL) of all. */
void flights_give_back(struct outbox *outbox, const struct id *alert);
/* Cuts what is on the wire of one alert, or (NULL) of all. */
void flights_cut(struct outbox *outbox, const struct id *alert);
void flights_finish(struct outbox *outbox);

#endif

/*
 * Further versions with content: an update or correction of a running alert. Case fields that an
 * update sets are the operator's present truth, so they go into the case, as a patch would put them
 * there, in the transaction that makes the version; one that is not approved after all leaves the
 * truth as it is now known. Siblings would need to be named, and are patched by their own route.
 */
#include <string.h>

#include "casework/alert_private.h"
#include "store/casefile.h"

static struct bytes encode(const struct draft *draft, struct arena *arena)
{
	AUTO(buf) struct buf text = {0};

	draft_encode(draft, &text);
	return (struct bytes){arena_memdup(arena, text.data, text.len), text.len};
}

static void on_updated(struct store_call *call)
{
	const struct store_alert_update_out *out = call->out;

	if (!call->ok && call->err.code == ERROR_INVALID && out->problems.count > 0) {
		doing_answer(call->ctx, &(struct action_result){
						.err = call->err,
						.problems = &out->problems,
					});
		return;
	}
	doing_answer_call(call);
}

static void update_write(struct alert_work **work, const struct draft_update *update,
			 const struct store_alert_update_in *fill)
{
	struct store_call *call = alert_work_write(work, &store_alert_update, on_updated);
	struct store_alert_update_in *in = call->in;

	*in = *fill;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "alert.update";
	call->audit.detail = version_kind_name(fill->kind);
	call->audit.note = update->reason;
	call->audit.version = 0; /* the store numbers it */
	store_submit(call);
}

static bool may_update(const struct alert_work *work, struct error *err)
{
	const struct store_alert_load_out *load = &work->load;

	if (load->state != ALERT_ACTIVE) {
		return error_set(err, ERROR_CONFLICT,
				 "alert %s is %s: only an active one is updated", load->ref,
				 alert_state_name(load->state));
	}
	if (load->open_version != 0) {
		return error_set(err, ERROR_CONFLICT, "version %d of alert %s is not decided yet",
				 load->open_version, load->ref);
	}
	return true;
}

static bool may_patch(const struct alert_work *work, struct bytes patch, struct error *err)
{
	size_t count = work->load.case_count;

	return patch.len == 0 || count == 1 ||
	       error_set(err, ERROR_CONFLICT,
			 "the alert has %zu cases: change their fields in the cases", count);
}

static void update_next(struct alert_work *work)
{
	struct draft_update *update = arena_alloc(work->arena, sizeof(*update));
	const struct directory *directory = &work->settings->directory;
	struct store_alert_update_in fill;
	struct problems problems;
	struct bytes standing;
	struct draft old;
	struct error err;

	if (!may_update(work, &err) || !alert_work_standing(work, &standing, &err)) {
		alert_work_fail(&work, &err);
		return;
	}
	problems_init(&problems, work->arena);
	if (!draft_decode_update(standing, work->body, work->arena, update, &problems) ||
	    !draft_decode(standing, work->arena, &old, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	draft_fill(&update->draft, directory);
	draft_check(&update->draft, directory, clock_utc_ms(work->doing.casework->clock),
		    &problems);
	if (!problems_are_none(&problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	if (!may_patch(work, update->case_patch, &err)) {
		alert_work_fail(&work, &err);
		return;
	}
	fill = (struct store_alert_update_in){
		.alert_id = work->load.id,
		.if_current_version = work->load.current_version,
		.kind = update->kind,
		.tier = update->draft.tier,
		.policy = arena_strdup(work->arena, update->draft.policy),
		.expires_utc_ms = update->draft.expires_utc_ms,
		.draft = encode(&update->draft, work->arena),
		.request = update->canonical,
		.case_id = work->load.cases[0].id,
		.case_patch = update->case_patch,
		.narrows = draft_only_narrows(&old, &update->draft, directory),
	};
	update_write(&work, update, &fill);
}

void alert_update(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work,
			&(struct alert_read){
				.name = name,
				.with_personal = true,
			},
			update_next);
}

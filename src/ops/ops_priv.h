/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ops_priv.h: what the files of this room share. */
#ifndef VIGIE_OPS_OPS_PRIV_H
#define VIGIE_OPS_OPS_PRIV_H

#include "ops/op.h"

/* Checks raw parameters against the row: unknown names ("did you mean"), missing ones, types, ceilings. The result is typed. */
int op_params_check(const struct op *op, const struct doc *raw, struct arena *a, int64_t now_ms, const struct zone *z,
                    struct doc **ret_params, struct err *e);

/* May a token of this scope (NULL: any) do it? */
bool op_in_scope(const char *scope, const struct op *op);

/* Rows of all files; the table ops[] in op_doc.c lists them. */
#define OP_ROWS_HOOKS(X) X(webhooks) X(webhook_test) X(websub_subscriptions) X(websub_remove) X(sms_telephones) X(sms_test)
#define OP_NEWS_ROWS(X) \
    X(mail_in) \
    X(incident_open) X(incident_update) X(incident_resolve) X(incident_edit) X(incident_publish) X(incident_retract) \
    X(incident_report) X(incident_remove) X(maintenance_plan) X(maintenance_move) X(maintenance_confirm) X(maintenance_start) \
    X(maintenance_complete) X(maintenance_cancel) X(incident_missing) X(maintenance) X(incidents) X(incident)
#define OP_ROWS_DISCOVER(X) \
    X(discover) X(discover_state) X(discover_stop) X(discover_list) X(discover_accept) X(discover_ignore) X(discover_forget) X(discover_print)
#define OP_ROWS_SUBSCRIBERS(X) \
    X(subscribe) X(subscribe_wish) X(subscribe_confirm) X(subscription) X(subscription_set) X(subscription_end) \
    X(subscribers) X(subscriber_add) X(subscriber_remove) X(subscriber_bounce) X(subscriber_export) X(subscriber_report) X(subscriber_import)
#define OP_ROWS_IMPORT(X) X(news_export) X(news_import) X(conf_import)
#define OP_ROWS_FEDERATION(X) X(followers) X(follower_remove) X(follower_block) X(follower_unblock)
#define OP_ROWS(X) \
    X(status) X(hosts) X(host) X(checks) X(check) X(why) X(ack) X(unack) X(recheck) X(enable) X(disable) X(as_configured) \
    X(downtime) X(downtimes) X(downtime_end) X(result) X(heartbeat) X(heartbeat_post) X(history) X(events) X(conf_show) X(conf_diff) \
    X(conf_apply) X(add) X(remove) X(guess) X(trial) X(user_add) X(user_set) X(user_remove) X(user_reset_factor) X(user_list) X(token_add) X(token_remove) \
    X(token_list) X(setup_link) X(health) X(healthz) X(metrics) X(openapi_row) X(stats) OP_NEWS_ROWS(X) OP_ROWS_DISCOVER(X) OP_ROWS_SUBSCRIBERS(X) \
    OP_ROWS_HOOKS(X) \
    X(push_subscribe) X(push_unsubscribe) X(browsers) X(export_site) X(irc) X(mirrors) X(mirror_push) X(mirror_key) \
    OP_ROWS_IMPORT(X) OP_ROWS_FEDERATION(X)
#define OP_DECLARE(n) extern const struct op op_##n;
OP_ROWS(OP_DECLARE)

enum { OPS_MAX_TARGETS = 2000, OPS_MAX_TEXT = 4000, OPS_MAX_PROSE = 64 << 10, OPS_MAX_LIST = 100000, OPS_MAX_HEAD = 1 << 20, OPS_MAX_MAIL = 1 << 20 };

#endif

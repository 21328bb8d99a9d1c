/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moving_kuma.c: the monitors of Uptime Kuma's database, by the importer that reads its backups; and its components bound to them. */
#include "base/json.h"
#include "base/msg.h"
#include "base/str.h"
#include "checks/probe.h"
#include "config/import.h"
#include "daemon/files.h"
#include "daemon/moving.h"
#include <string.h>

enum { MONITORS = 3 /* its place among the mover's tables */, MAX_JSON = 64 << 20 };

/* Columns that have another name in its backups. */
static const char *const renamed[][2] = {
    {"auth_method", "authMethod"}, {"retry_interval", "retryInterval"}, {"packet_size", "packetSize"}, {"ignore_tls", "ignoreTls"}, {"upside_down", "upsideDown"}, {"push_token", "pushToken"},
    {"database_connection_string", "databaseConnectionString"}, {"database_query", "databaseQuery"}, {"invert_keyword", "invertKeyword"}, {"json_path", "jsonPath"},
    {"json_path_operator", "jsonPathOperator"}, {"expected_value", "expectedValue"}, {"snmp_oid", "snmpOid"}, {"snmp_version", "snmpVersion"}, {"radius_password", "radiusPassword"}};

static const char *name_of(const char *column)
{
    for (size_t i = 0; i < COUNT(renamed); i++)
        if (str_eq(renamed[i][0], column))
            return renamed[i][1];
    return column;
}

static void put_monitor(struct doc *list, const struct doc *row)
{
    struct doc *o = doc_push_object(list), *codes = NULL;
    DOC_EACH(row, c)
    {
        bool list_of_codes = str_eq(c->key, "accepted_statuscodes_json");
        if (c->kind != DOC_TEXT)
            continue;
        if (list_of_codes && json_parse(list->arena, c->text, strlen(c->text), 10000, &codes, NULL) == 0)
            doc_put(o, "accepted_statuscodes", codes);
        else if (!list_of_codes)
            doc_put_text(o, name_of(c->key), c->text);
    }
}

/* ---- binding ---- */

static const char *row_text(const struct doc *row, const char *column)
{
    return doc_text(row, column, "");
}

/* The check that became of a monitor: by its name, or for a ping that of the host with its address. */
static const char *check_of(struct moving *g, const struct conf *conf, const struct doc *monitor)
{
    const char *name = row_text(monitor, "name"), *address = row_text(monitor, "hostname");
    bool ping = str_eq(row_text(monitor, "type"), "ping");
    for (int i = 0; i < conf->n_hosts; i++) {
        const struct conf_host *h = conf->hosts[i];
        if (ping && h->address && str_eq(h->address, address))
            return arena_printf(g->m->arena, "[\"%s\"]", h->name);
        for (int k = 0; k < h->n_checks && !ping; k++)
            if (str_ieq(h->checks[k]->name, name))
                return arena_printf(g->m->arena, "[\"%s/%s\"]", h->name, h->checks[k]->name);
    }
    return NULL;
}

static void bind_components(struct moving *g, const struct conf_env *env, const struct buf *yaml)
{
    struct conf_file file = {.name = "uptime-kuma", .text = buf_text(yaml), .bytes = yaml->len};
    struct conf_errors errors = {0};
    struct conf *conf = NULL;
    if (conf_load(env, &file, 1, &conf, &errors) == 0)
        for (size_t i = 0; i < g->m->components.n; i++)
            for (size_t k = 0; k < g->m->rows[MONITORS].n && !g->m->components.at[i]->depends; k++) {
                const struct doc *monitor = g->m->rows[MONITORS].at[k];
                if (str_eq(row_text(monitor, "name"), g->m->components.at[i]->title))
                    g->m->components.at[i]->depends = check_of(g, conf, monitor);
            }
    conf_errors_done(&errors);
    conf_unref(conf);
}

void moving_monitors(struct moving *g, struct buf *ret_yaml)
{
    struct conf_env env = {.kinds = probe_kinds, .read_secret = files_secret, .zone_known = files_zone_known, .machine_name = "localhost"};
    struct arena *a = arena_new(1 << 16);
    struct doc *o = doc_object(a), *list = doc_put_list(o, "monitorList");
    struct buf json = BUF_MAX(MAX_JSON);
    struct import_result result = {0};
    struct err e = {0};
    for (size_t i = 0; i < g->m->rows[MONITORS].n; i++)
        put_monitor(list, g->m->rows[MONITORS].at[i]);
    json_write(&json, o, "en", 0);
    struct conf_file file = {.name = "kuma.db", .text = buf_text(&json), .bytes = json.len};
    if (list->kids.n && import_run(&env, import_find("uptimekuma"), &file, NULL, &result, &e) == 0) {
        buf_add(ret_yaml, buf_text(&result.yaml), result.yaml.len);
        for (int i = 0; i < result.n_notes; i++)
            move_note(g->m, "{1}", "m", result.notes[i].text);
        bind_components(g, &env, ret_yaml);
    } else if (e.code) {
        move_note(g->m, MSG("its monitors are left out: {1}"), "m", e.text);
    }
    import_done(&result);
    buf_done(&json);
    arena_free(a);
}

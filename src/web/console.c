/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.c: the rows of the console's pages. */
#include "web/page_console.h"

const struct page_row console_pages[] = {
    {"GET", "/console", ROLE_VIEWER, false, page_problems_get},
    {"GET", "/console/hosts", ROLE_VIEWER, false, page_hosts_get},
    {"GET", "/console/host/{host}", ROLE_VIEWER, false, page_host_get},
    {"GET", "/console/map", ROLE_VIEWER, false, page_map_get},
    {"GET", "/console/checks", ROLE_VIEWER, false, page_checks_get},
    {"GET", "/console/check/{host}/{rest}", ROLE_VIEWER, false, page_check_get},
    {"GET", "/console/events", ROLE_VIEWER, false, page_events_get},
    {"GET", "/console/planned", ROLE_VIEWER, false, page_work_get},
    {"POST", "/console/planned/end", ROLE_OPERATOR, true, page_work_end},
    {"GET", "/console/incidents", ROLE_VIEWER, false, page_news_get},
    {"GET", "/console/incidents/act", ROLE_OPERATOR, false, page_say_get},
    {"POST", "/console/incidents/act", ROLE_OPERATOR, true, page_say_post},
    {"GET", "/console/incidents/{id}", ROLE_VIEWER, false, page_news_one},
    {"GET", "/console/copies", ROLE_VIEWER, false, page_copies_get},
    {"POST", "/console/copies", ROLE_OPERATOR, true, page_copies_post},
    {"GET", "/console/why", ROLE_VIEWER, false, page_why_get},
    {"POST", "/console/act", ROLE_OPERATOR, true, page_act_post},
    {"GET", "/console/setup", ROLE_OPERATOR, false, page_setup_get},
    {"POST", "/console/setup", ROLE_ADMIN, true, page_setup_post},
    {"GET", "/console/add", ROLE_ADMIN, false, page_add_get},
    {"POST", "/console/add", ROLE_ADMIN, true, page_add_post},
    {"POST", "/console/add/look", ROLE_ADMIN, true, page_add_look},
    {"POST", "/console/add/try", ROLE_ADMIN, true, page_add_try},
    {"GET", "/console/found", ROLE_OPERATOR, false, page_found_get},
    {"POST", "/console/found", ROLE_ADMIN, true, page_found_post},
    {0}};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo_story.c: the made-up organisation of the demonstration, and what it told its users. */
#include "daemon/demo.h"

const char demo_yaml[] =
    "site:\n"
    "  title: { en: \"Harbour Co-op (demonstration)\", fr: \"Coopérative du Port (démonstration)\" }\n"
    "  guest: yes\n"
    "  discover: { host: 0s }\n"
    "  digest: \"no\"\n"
    "announce: { remind: [\"no\"] }\n"
    "groups:\n"
    "  web: { title: { en: Web servers, fr: Serveurs web } }\n"
    "  base: { title: { en: Foundations, fr: Fondations } }\n"
    "  pages: { title: { en: On the web, fr: Sur le web } }\n"
    "  messages: { title: { en: Messages, fr: Messages } }\n"
    "hosts:\n"
    "  router1: { title: Uplink, groups: [base], alive: { passive: }, checks: [ { passive: { name: uplink } } ] }\n"
    "  db1: { groups: [base], parents: [router1], alive: { passive: }, checks: [ { passive: { name: postgres } }, { passive: { name: disks } } ] }\n"
    "  storage1: { groups: [base], parents: [router1], alive: { passive: }, checks: [ { passive: { name: disks } }, { passive: { name: raid } } ],\n"
    "              notes: \"Disks are changed on Tuesdays; the spare ones are in the left drawer.\" }\n"
    "  web1: { groups: [web], parents: [router1], alive: { passive: }, checks: [ { passive: { name: https } }, { passive: { name: load } }, { passive: { name: certificate } } ] }\n"
    "  web2: { groups: [web], parents: [router1], alive: { passive: }, checks: [ { passive: { name: https } }, { passive: { name: load } } ] }\n"
    "  cloud1: { groups: [web], parents: [router1, storage1], alive: { passive: }, checks: [ { passive: { name: https } }, { passive: { name: sync } } ] }\n"
    "  mail1: { groups: [base], parents: [router1], alive: { passive: }, checks: [ { passive: { name: smtp } }, { passive: { name: imap } }, { passive: { name: queue } } ] }\n"
    "  lists1: { groups: [base], parents: [router1], alive: { passive: }, checks: [ { passive: { name: lists } } ] }\n"
    "  backup1: { groups: [base], parents: [router1], alive: { passive: }, checks: [ { passive: { name: backup } } ] }\n"
    "components:\n"
    "  website: { name: { en: Websites, fr: Sites web }, text: { en: Your pages and ours., fr: Vos pages et les nôtres. }, group: pages, publish: auto, after: 1m, depends: [web1/https, web2/https], order: 1 }\n"
    "  cloud: { name: { en: Files and calendars, fr: Fichiers et agendas }, group: pages, publish: auto, after: 1m, depends: [cloud1/https], order: 2 }\n"
    "  mail: { name: { en: Mail, fr: Courriel }, text: { en: Sending and reading., fr: Envoi et lecture. }, group: messages, publish: auto, after: 1m, depends: [mail1/smtp, mail1/imap], order: 3 }\n"
    "  lists: { name: { en: Mailing lists, fr: Listes de diffusion }, group: messages, publish: auto, after: 1m, depends: [lists1/lists], order: 4 }\n"
    "  backup: { name: { en: Backups, fr: Sauvegardes }, text: { en: Made each night., fr: Faites chaque nuit. }, publish: auto, after: 1m, depends: [backup1/backup], order: 5 }\n";

/* Numbers are given in the order of opening. */
const struct demo_step demo_steps[] = {
    {"incident-open", "{\"components\":[\"mail:major\"],\"title-en\":\"Mail is not delivered\",\"title-fr\":\"Le courriel n’est pas distribué\","
                      "\"en\":\"Messages wait; none is lost.\",\"fr\":\"Les messages attendent ; aucun n’est perdu.\",\"at\":\"-34d\",\"quiet\":true}"},
    {"incident-resolve", "{\"id\":\"1\",\"en\":\"A disk was full of logs. There is room again, and an alarm that comes earlier.\","
                         "\"fr\":\"Un disque était plein de journaux. Il y a de nouveau de la place, et une alarme qui vient plus tôt.\",\"at\":\"-33d22h\",\"quiet\":true}"},
    {"incident-open", "{\"components\":[\"website:partial\"],\"title-en\":\"Some websites are away\",\"title-fr\":\"Certains sites web sont absents\","
                      "\"en\":\"One of two servers does not answer.\",\"fr\":\"L’un des deux serveurs ne répond pas.\",\"at\":\"-11d\",\"quiet\":true}"},
    {"incident-resolve", "{\"id\":\"2\",\"en\":\"It was started anew with a new kernel. All pages are there.\","
                         "\"fr\":\"Il a été relancé avec un nouveau noyau. Toutes les pages sont là.\",\"at\":\"-10d23h\",\"quiet\":true}"},
    {"incident-open", "{\"components\":[\"cloud:degraded\"],\"title-en\":\"Files are slow to appear\",\"title-fr\":\"Les fichiers tardent à apparaître\","
                      "\"en\":\"New files take minutes to reach other devices. Nothing is lost.\",\"fr\":\"Les nouveaux fichiers mettent des minutes à atteindre les autres appareils. Rien n’est perdu.\","
                      "\"at\":\"-50m\",\"quiet\":true}"},
    {"incident-update", "{\"id\":\"3\",\"phase\":\"identified\",\"en\":\"A disk of the storage is being rebuilt, which takes its share of the speed.\","
                        "\"fr\":\"Un disque du stockage est en cours de reconstruction, ce qui prend une part de la vitesse.\",\"at\":\"-35m\",\"expected\":\"+3h\",\"next-by\":\"+1h\",\"quiet\":true}"},
    {"maintenance-plan", "{\"components\":[\"mail\",\"lists\"],\"title-en\":\"New mail server\",\"title-fr\":\"Nouveau serveur de courriel\","
                         "\"en\":\"Mail moves to a new machine. Messages arrive late, none is lost.\",\"fr\":\"Le courriel passe sur une nouvelle machine. Les messages arrivent en retard, aucun n’est perdu.\","
                         "\"start\":\"+26h\",\"for\":\"2h\",\"quiet\":true}"},
    {0},
};

--
-- PostgreSQL database dump
--

SET standard_conforming_strings = on;
CREATE TABLE public.component_groups (
    id integer NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying,
    "order" character varying(255) DEFAULT 'x'::character varying,
    collapsed character varying(255) DEFAULT 'x'::character varying,
    visible character varying(255) DEFAULT 'x'::character varying
);
COPY public.component_groups (id, name, created_at, updated_at, "order", collapsed, visible) FROM stdin;
1	Hébergement	2019-03-02 09:00:00	2019-03-02 09:00:00	2	0	1
2	Mail	2019-03-02 09:01:00	2019-03-02 09:01:00	1	1	1
\.

CREATE TABLE public.components (
    id integer NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying,
    description character varying(255) DEFAULT 'x'::character varying,
    link character varying(255) DEFAULT 'x'::character varying,
    status character varying(255) DEFAULT 'x'::character varying,
    "order" character varying(255) DEFAULT 'x'::character varying,
    group_id character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying,
    deleted_at character varying(255) DEFAULT 'x'::character varying,
    enabled character varying(255) DEFAULT 'x'::character varying,
    meta character varying(255) DEFAULT 'x'::character varying
);
INSERT INTO public.components VALUES (1, 'Website', 'The shop and its blog', 'https://www.example.org/', 1, 1, 1, '2019-03-02 09:02:00', '2024-05-02 20:30:00', NULL, true, NULL);
INSERT INTO public.components VALUES (2, 'Base de données', '', '', 4, 2, 1, '2019-03-02 09:03:00', '2024-10-01 07:00:00', NULL, true, NULL);
INSERT INTO public.components VALUES (3, 'SMTP', 'Outgoing mail; "submission" on 587', '', 1, 2, 2, '2019-03-02 09:04:00', '2024-01-01 00:00:00', NULL, true, '{"owner":"mail team"}');
INSERT INTO public.components VALUES (4, 'IMAP', '', '', 2, 1, 2, '2019-03-02 09:05:00', '2024-01-01 00:00:00', NULL, true, NULL);
INSERT INTO public.components VALUES (5, 'Old FTP', '', '', 1, 9, 0, '2019-03-02 09:06:00', '2020-01-01 00:00:00', '2020-01-01 00:00:00', true, NULL);
INSERT INTO public.components VALUES (6, 'Lab', '', '', 1, 3, 0, '2019-03-02 09:07:00', '2020-01-01 00:00:00', NULL, false, NULL);
CREATE TABLE public.incident_components (
    id integer NOT NULL,
    incident_id character varying(255) DEFAULT 'x'::character varying,
    component_id character varying(255) DEFAULT 'x'::character varying,
    status_id character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying
);
COPY public.incident_components (id, incident_id, component_id, status_id, created_at, updated_at) FROM stdin;
1	21	2	4	2024-10-01 07:00:00	2024-10-01 07:00:00
2	21	1	2	2024-10-01 07:00:00	2024-10-01 07:00:00
\.

CREATE TABLE public.incident_templates (
    id integer NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying,
    slug character varying(255) DEFAULT 'x'::character varying,
    template character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying,
    deleted_at character varying(255) DEFAULT 'x'::character varying
);
INSERT INTO public.incident_templates VALUES (1, 'Slow page', 'slow-page', '{{ name }} is slow since {{ since }}.
We look into it.', '2020-01-01 00:00:00', '2020-01-01 00:00:00', NULL);
CREATE TABLE public.incident_updates (
    id integer NOT NULL,
    incident_id character varying(255) DEFAULT 'x'::character varying,
    status character varying(255) DEFAULT 'x'::character varying,
    message character varying(255) DEFAULT 'x'::character varying,
    user_id character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying
);
COPY public.incident_updates (id, incident_id, status, message, user_id, created_at, updated_at) FROM stdin;
1	17	2	A disk of the *RAID* is full.	1	2024-05-02 18:10:00	2024-05-02 18:10:00
2	17	3	Space was made; we watch it.	1	2024-05-02 19:00:00	2024-05-02 19:00:00
3	17	4	All is well again.\n\nA report follows.	1	2024-05-02 20:30:00	2024-05-02 20:30:00
\.

CREATE TABLE public.incidents (
    id integer NOT NULL,
    user_id character varying(255) DEFAULT 'x'::character varying,
    component_id character varying(255) DEFAULT 'x'::character varying,
    name character varying(255) DEFAULT 'x'::character varying,
    status character varying(255) DEFAULT 'x'::character varying,
    visible character varying(255) DEFAULT 'x'::character varying,
    stickied character varying(255) DEFAULT 'x'::character varying,
    notifications character varying(255) DEFAULT 'x'::character varying,
    message character varying(255) DEFAULT 'x'::character varying,
    occurred_at character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying,
    deleted_at character varying(255) DEFAULT 'x'::character varying
);
INSERT INTO public.incidents VALUES (3, 1, 3, 'Mail is late', 4, true, false, true, 'The queue is long; it''s being worked off.', '2021-01-10 06:00:00', '2021-01-10 06:05:00', '2021-01-10 09:15:00', NULL);
INSERT INTO public.incidents VALUES (17, 1, 1, 'The website does not answer', 4, true, false, true, 'We look for the cause.', '2024-05-02 17:55:00', '2024-05-02 18:00:00', '2024-05-02 20:30:00', NULL);
INSERT INTO public.incidents VALUES (18, 1, 0, 'Test', 1, true, false, false, 'test', NULL, '2024-05-03 10:00:00', '2024-05-03 10:00:00', '2024-05-03 10:01:00');
INSERT INTO public.incidents VALUES (21, 1, 2, 'La base est en panne', 2, true, true, true, 'Un disque — remplacé à 18 h.', '2024-10-01 07:00:00', '2024-10-01 07:00:00', '2024-10-01 07:00:00', NULL);
INSERT INTO public.incidents VALUES (22, 1, 4, 'Inner matter', 1, false, false, false, 'Only for staff.', NULL, '2024-10-02 08:00:00', '2024-10-02 08:00:00', NULL);
CREATE TABLE public.metric_points (
    id integer NOT NULL,
    metric_id character varying(255) DEFAULT 'x'::character varying,
    value character varying(255) DEFAULT 'x'::character varying
);
COPY public.metric_points (id, metric_id, value) FROM stdin;
1	1	12.000
2	1	13.500
\.

CREATE TABLE public.metrics (
    id integer NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying,
    suffix character varying(255) DEFAULT 'x'::character varying
);
INSERT INTO public.metrics VALUES (1, 'Mails in the queue', 'mails');
CREATE TABLE public.schedule_components (
    id integer NOT NULL,
    schedule_id character varying(255) DEFAULT 'x'::character varying,
    component_id character varying(255) DEFAULT 'x'::character varying,
    component_status character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying
);
COPY public.schedule_components (id, schedule_id, component_id, component_status, created_at, updated_at) FROM stdin;
1	2	1	4	2024-08-01 00:00:00	2024-08-01 00:00:00
2	2	2	4	2024-08-01 00:00:00	2024-08-01 00:00:00
\.

CREATE TABLE public.schedules (
    id integer NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying,
    message character varying(255) DEFAULT 'x'::character varying,
    status character varying(255) DEFAULT 'x'::character varying,
    scheduled_at character varying(255) DEFAULT 'x'::character varying,
    completed_at character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying,
    deleted_at character varying(255) DEFAULT 'x'::character varying
);
INSERT INTO public.schedules VALUES (2, 'New switches', 'Short breaks are likely.', 2, '2024-08-10 22:00:00', '2024-08-10 23:30:00', '2024-08-01 09:00:00', '2024-08-10 23:30:00', NULL);
INSERT INTO public.schedules VALUES (3, 'New kernel', NULL, 0, '2037-01-05 22:00:00', NULL, '2024-09-01 09:00:00', '2024-09-01 09:00:00', NULL);
CREATE TABLE public.settings (
    id integer NOT NULL,
    name character varying(255) DEFAULT 'x'::character varying,
    value character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying
);
COPY public.settings (id, name, value, created_at, updated_at) FROM stdin;
1	app_name	Harbour status	2019-03-02 09:00:00	2019-03-02 09:00:00
2	app_timezone	Europe/Paris	2019-03-02 09:00:00	2019-03-02 09:00:00
3	app_locale	fr	2019-03-02 09:00:00	2019-03-02 09:00:00
\.

CREATE TABLE public.subscribers (
    id integer NOT NULL,
    email character varying(255) DEFAULT 'x'::character varying,
    phone_number character varying(255) DEFAULT 'x'::character varying,
    slack_webhook_url character varying(255) DEFAULT 'x'::character varying,
    verify_code character varying(255) DEFAULT 'x'::character varying,
    verified_at character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying,
    global character varying(255) DEFAULT 'x'::character varying
);
INSERT INTO public.subscribers VALUES (1, 'all@example.org', NULL, NULL, 'a', '2020-02-02 10:00:00', '2020-02-02 09:00:00', '2020-02-02 10:00:00', true);
INSERT INTO public.subscribers VALUES (2, 'mail@example.org', NULL, NULL, 'b', '2020-02-03 10:00:00', '2020-02-03 09:00:00', '2020-02-03 10:00:00', false);
INSERT INTO public.subscribers VALUES (3, 'never@example.org', NULL, NULL, 'c', NULL, '2020-02-04 09:00:00', '2020-02-04 09:00:00', true);
INSERT INTO public.subscribers VALUES (4, NULL, '+33100000000', NULL, 'd', '2020-02-05 10:00:00', '2020-02-05 09:00:00', '2020-02-05 10:00:00', true);
CREATE TABLE public.subscriptions (
    id integer NOT NULL,
    subscriber_id character varying(255) DEFAULT 'x'::character varying,
    component_id character varying(255) DEFAULT 'x'::character varying,
    created_at character varying(255) DEFAULT 'x'::character varying,
    updated_at character varying(255) DEFAULT 'x'::character varying
);
COPY public.subscriptions (id, subscriber_id, component_id, created_at, updated_at) FROM stdin;
1	2	3	2020-02-03 10:00:00	2020-02-03 10:00:00
2	2	4	2020-02-03 10:00:00	2020-02-03 10:00:00
3	2	5	2020-02-03 10:00:00	2020-02-03 10:00:00
\.


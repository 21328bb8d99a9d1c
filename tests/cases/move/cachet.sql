-- MySQL dump 10.19  Distrib 10.3.39-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: cachet
-- ------------------------------------------------------
-- Server version	10.3.39-MariaDB-0+deb10u1

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;

DROP TABLE IF EXISTS `component_groups`;
/*!40101 SET character_set_client = utf8 */;
CREATE TABLE `component_groups` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `order` int(11) NOT NULL DEFAULT 0,
  `collapsed` int(10) unsigned NOT NULL DEFAULT 1,
  `visible` tinyint(3) unsigned NOT NULL DEFAULT 1,
  PRIMARY KEY (`id`),
  KEY `component_groups_order_index` (`order`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
LOCK TABLES `component_groups` WRITE;
INSERT INTO `component_groups` VALUES (1,'Hébergement','2019-03-02 09:00:00','2019-03-02 09:00:00',2,0,1),(2,'Mail','2019-03-02 09:01:00','2019-03-02 09:01:00',1,1,1);
UNLOCK TABLES;

DROP TABLE IF EXISTS `components`;
CREATE TABLE `components` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL,
  `description` text COLLATE utf8mb4_unicode_ci NOT NULL,
  `link` text COLLATE utf8mb4_unicode_ci NOT NULL,
  `status` int(11) NOT NULL,
  `order` int(11) NOT NULL,
  `group_id` int(11) NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  `enabled` tinyint(1) NOT NULL DEFAULT 1,
  `meta` longtext COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `components_status_index` (`status`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `components` VALUES (1,'Website','The shop and its blog','https://www.example.org/',1,1,1,'2019-03-02 09:02:00','2024-05-02 20:30:00',NULL,1,NULL),(2,'Base de données','','',4,2,1,'2019-03-02 09:03:00','2024-10-01 07:00:00',NULL,1,NULL),(3,'SMTP','Outgoing mail; \"submission\" on 587','',1,2,2,'2019-03-02 09:04:00','2024-01-01 00:00:00',NULL,1,'{\"owner\":\"mail team\"}'),(4,'IMAP','','',2,1,2,'2019-03-02 09:05:00','2024-01-01 00:00:00',NULL,1,NULL),(5,'Old FTP','','',1,9,0,'2019-03-02 09:06:00','2020-01-01 00:00:00','2020-01-01 00:00:00',1,NULL),(6,'Lab','','',1,3,0,'2019-03-02 09:07:00','2020-01-01 00:00:00',NULL,0,NULL);

DROP TABLE IF EXISTS `incident_components`;
CREATE TABLE `incident_components` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `incident_id` int(10) unsigned NOT NULL,
  `component_id` int(10) unsigned NOT NULL,
  `status_id` int(10) unsigned NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `incident_components` VALUES (1,21,2,4,'2024-10-01 07:00:00','2024-10-01 07:00:00'),(2,21,1,2,'2024-10-01 07:00:00','2024-10-01 07:00:00');

DROP TABLE IF EXISTS `incident_templates`;
CREATE TABLE `incident_templates` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `slug` varchar(255) NOT NULL,
  `template` longtext NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `incident_templates` VALUES (1,'Slow page','slow-page','{{ name }} is slow since {{ since }}.\nWe look into it.','2020-01-01 00:00:00','2020-01-01 00:00:00',NULL);

DROP TABLE IF EXISTS `incident_updates`;
CREATE TABLE `incident_updates` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `incident_id` int(10) unsigned NOT NULL,
  `status` int(11) NOT NULL,
  `message` longtext NOT NULL,
  `user_id` int(10) unsigned NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `incident_updates` VALUES (1,17,2,'A disk of the *RAID* is full.',1,'2024-05-02 18:10:00','2024-05-02 18:10:00'),(2,17,3,'Space was made; we watch it.',1,'2024-05-02 19:00:00','2024-05-02 19:00:00'),(3,17,4,'All is well again.\n\nA report follows.',1,'2024-05-02 20:30:00','2024-05-02 20:30:00');

DROP TABLE IF EXISTS `incidents`;
CREATE TABLE `incidents` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `user_id` int(10) unsigned DEFAULT NULL,
  `component_id` int(11) NOT NULL DEFAULT 0,
  `name` varchar(255) NOT NULL,
  `status` int(11) NOT NULL,
  `visible` tinyint(1) NOT NULL DEFAULT 1,
  `stickied` tinyint(1) NOT NULL DEFAULT 0,
  `notifications` tinyint(1) NOT NULL DEFAULT 0,
  `message` longtext NOT NULL,
  `occurred_at` timestamp NULL DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=23 DEFAULT CHARSET=utf8mb4;
INSERT INTO `incidents` VALUES (3,1,3,'Mail is late',4,1,0,1,'The queue is long; it\'s being worked off.','2021-01-10 06:00:00','2021-01-10 06:05:00','2021-01-10 09:15:00',NULL),(17,1,1,'The website does not answer',4,1,0,1,'We look for the cause.','2024-05-02 17:55:00','2024-05-02 18:00:00','2024-05-02 20:30:00',NULL),(18,1,0,'Test',1,1,0,0,'test',NULL,'2024-05-03 10:00:00','2024-05-03 10:00:00','2024-05-03 10:01:00'),(21,1,2,'La base est en panne',2,1,1,1,'Un disque — remplacé à 18 h.','2024-10-01 07:00:00','2024-10-01 07:00:00','2024-10-01 07:00:00',NULL),(22,1,4,'Inner matter',1,0,0,0,'Only for staff.',NULL,'2024-10-02 08:00:00','2024-10-02 08:00:00',NULL);

DROP TABLE IF EXISTS `metric_points`;
CREATE TABLE `metric_points` (`id` int(10) unsigned NOT NULL AUTO_INCREMENT, `metric_id` int(11) NOT NULL, `value` decimal(15,3) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;
INSERT INTO `metric_points` VALUES (1,1,12.000),(2,1,13.500);
DROP TABLE IF EXISTS `metrics`;
CREATE TABLE `metrics` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `suffix` varchar(255) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `metrics` VALUES (1,'Mails in the queue','mails');

DROP TABLE IF EXISTS `schedule_components`;
CREATE TABLE `schedule_components` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `schedule_id` int(10) unsigned NOT NULL,
  `component_id` int(10) unsigned NOT NULL,
  `component_status` tinyint(3) unsigned NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `schedule_components` VALUES (1,2,1,4,'2024-08-01 00:00:00','2024-08-01 00:00:00'),(2,2,2,4,'2024-08-01 00:00:00','2024-08-01 00:00:00');
DROP TABLE IF EXISTS `schedules`;
CREATE TABLE `schedules` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `message` longtext DEFAULT NULL,
  `status` tinyint(3) unsigned NOT NULL DEFAULT 0,
  `scheduled_at` timestamp NOT NULL,
  `completed_at` timestamp NULL DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `schedules` VALUES (2,'New switches','Short breaks are likely.',2,'2024-08-10 22:00:00','2024-08-10 23:30:00','2024-08-01 09:00:00','2024-08-10 23:30:00',NULL),(3,'New kernel',NULL,0,'2037-01-05 22:00:00',NULL,'2024-09-01 09:00:00','2024-09-01 09:00:00',NULL);

DROP TABLE IF EXISTS `settings`;
CREATE TABLE `settings` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `value` longtext DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `settings` VALUES (1,'app_name','Harbour status','2019-03-02 09:00:00','2019-03-02 09:00:00'),(2,'app_timezone','Europe/Paris','2019-03-02 09:00:00','2019-03-02 09:00:00'),(3,'app_locale','fr','2019-03-02 09:00:00','2019-03-02 09:00:00');

DROP TABLE IF EXISTS `subscribers`;
CREATE TABLE `subscribers` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `email` varchar(255) DEFAULT NULL,
  `phone_number` varchar(255) DEFAULT NULL,
  `slack_webhook_url` text DEFAULT NULL,
  `verify_code` varchar(255) NOT NULL,
  `verified_at` timestamp NULL DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `global` tinyint(1) NOT NULL DEFAULT 1,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `subscribers` VALUES (1,'all@example.org',NULL,NULL,'a','2020-02-02 10:00:00','2020-02-02 09:00:00','2020-02-02 10:00:00',1),(2,'mail@example.org',NULL,NULL,'b','2020-02-03 10:00:00','2020-02-03 09:00:00','2020-02-03 10:00:00',0),(3,'never@example.org',NULL,NULL,'c',NULL,'2020-02-04 09:00:00','2020-02-04 09:00:00',1),(4,NULL,'+33100000000',NULL,'d','2020-02-05 10:00:00','2020-02-05 09:00:00','2020-02-05 10:00:00',1);
DROP TABLE IF EXISTS `subscriptions`;
CREATE TABLE `subscriptions` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `subscriber_id` int(10) unsigned NOT NULL,
  `component_id` int(10) unsigned NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `subscriptions` VALUES (1,2,3,'2020-02-03 10:00:00','2020-02-03 10:00:00'),(2,2,4,'2020-02-03 10:00:00','2020-02-03 10:00:00'),(3,2,5,'2020-02-03 10:00:00','2020-02-03 10:00:00');
-- Dump completed on 2024-10-03  8:00:00

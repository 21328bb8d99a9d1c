// SPDX-License-Identifier: GPL-3.0-or-later
// A house that does not exist, as it would look on an evening on which mail is slow: thirty services in groups of groups, long French words,
// an incident with four words of ours, one that was written in English only, planned work, and ninety days behind all that.  The browser
// tests look at it, and the pictures of the documentation are taken of it (tools/shots.mjs).
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './kit.mjs';

// group: [name, English, French, what is said of it]
const services = {
  hosting: [['domains', 'Domain names', 'Noms de domaine'], ['panel', 'Control panel', 'Espace d’administration']],
  'hosting/web': [['sites', 'Websites', 'Sites web', 'Pages of members, with PHP.', 'Les pages des membres, avec PHP.'], ['static', 'Static sites', 'Sites statiques'], ['certificates', 'Certificates', 'Certificats', 'Ordered and renewed by themselves.', 'Commandés et renouvelés d’eux-mêmes.'], ['sftp', 'Uploads', 'Dépôt de fichiers']],
  'hosting/data': [['mariadb', 'MariaDB', 'MariaDB'], ['postgres', 'PostgreSQL', 'PostgreSQL'], ['backups', 'Backups', 'Sauvegardes', 'Every night, kept for thirty days.', 'Chaque nuit, gardées trente jours.'], ['objects', 'Object storage', 'Stockage d’objets']],
  mail: [['incoming', 'Incoming mail', 'Réception'], ['outgoing', 'Outgoing mail', 'Envoi'], ['imap', 'Mailboxes', 'Boîtes aux lettres', 'Reading mail, on any device.', 'Lire son courriel, sur tout appareil.'], ['webmail', 'Webmail', 'Webmail'], ['filter', 'Spam filter', 'Filtre antipourriel']],
  'mail/lists': [['lists', 'Mailing lists', 'Listes de diffusion'], ['archives', 'Archives', 'Archives']],
  talk: [['chat', 'Chat', 'Messagerie instantanée'], ['video', 'Video meetings', 'Visioconférence'], ['pads', 'Shared notes', 'Blocs-notes partagés'], ['forum', 'Forum', 'Forum']],
  files: [['cloud', 'Files', 'Fichiers'], ['calendars', 'Calendars and contacts', 'Agendas et carnets d’adresses'], ['photos', 'Photographs', 'Photographies']],
  code: [['git', 'Git', 'Git'], ['builds', 'Builds', 'Intégration continue'], ['packages', 'Packages', 'Paquets']],
  house: [['phone', 'Telephone', 'Téléphone'], ['desk', 'Help desk', 'Accompagnement'], ['bills', 'Bills', 'Facturation']],
};
const groups = {
  hosting: ['Hosting', 'Hébergement'], web: ['Websites', 'Sites web'], data: ['Databases and storage', 'Bases de données et stockage'], mail: ['Mail', 'Courriel'], lists: ['Lists', 'Listes'],
  talk: ['Talking together', 'Échanger'], files: ['Files', 'Fichiers'], code: ['Code', 'Code'], house: ['The house', 'La maison'],
};
const names = Object.values(services).flat().map((s) => s[0]);
const q = JSON.stringify; // also YAML

function component(order, group, [name, en, fr, text, texte]) {
  const about = text ? `, text: { en: ${q(text)}, fr: ${q(texte)} }` : '';
  return `  ${name}: { name: { en: ${q(en)}, fr: ${q(fr)} }${about}, group: ${group}, order: ${order}, publish: manual, depends: [house/${name}] }`;
}

export const yaml = `
site:
  title: { en: Riverside Co-op, fr: Coopérative de la Rive }
  url: https://status.example.org
  zone: Europe/Paris
groups:
${Object.entries(groups).map(([name, [en, fr]]) => `  ${name}: { title: { en: ${q(en)}, fr: ${q(fr)} } }`).join('\n')}
hosts:
  house: { alive: no, checks: [${names.map((n) => `{ passive: { name: ${n}, attempts: 1 } }`).join(', ')}] }
components:
${Object.entries(services).flatMap(([group, list], g) => list.map((s, i) => component(10 * g + i, group, s))).join('\n')}
`;

// → keys of what there is: { slow, english, work, over }
export async function fill(v) {
  const said = async (...words) => JSON.parse(await v.cli(...words, '--json')).bulletin;
  const two = (en, fr) => ['--en', en, '--fr', fr], titles = (en, fr) => ['--title-en', en, '--title-fr', fr];
  const past = async (days, hours, what, impact, title, began, ended) => {
    const b = await said('incident', 'open', `${what}:${impact}`, '--at', `-${days * 24}h`, ...titles(...title), ...two(...began));
    await said('incident', 'resolve', String(b.id), '--at', `-${days * 24 - hours}h`, ...two(...ended));
    return b;
  };
  await past(61, 5, 'cloud', 'major', ['Files are away', 'Les fichiers sont inaccessibles'], ['A disk shelf does not answer. Nothing is lost.', 'Une baie de disques ne répond plus. Rien n’est perdu.'], ['The shelf has a new controller.', 'La baie a un nouveau contrôleur.']);
  await past(33, 2, 'video', 'partial', ['Video meetings break off', 'Les visioconférences coupent'], ['Meetings of more than ten people break off.', 'Les réunions de plus de dix personnes coupent.'], ['We added a second bridge.', 'Nous avons ajouté un second pont.']);
  const over = await past(9, 3, 'sites', 'major', ['Websites do not answer', 'Les sites web ne répondent pas'], ['We look for the cause. Databases and mail work.', 'Nous cherchons la cause. Les bases et le courriel fonctionnent.'], ['A router was replaced.', 'Un routeur a été remplacé.']);
  await past(4, 1, 'git', 'degraded', ['Git is slow', 'Git est lent'], ['Pushes take up to a minute.', 'Un envoi prend jusqu’à une minute.'], ['It is fast again.', 'Tout est de nouveau rapide.']);
  const slow = await said('incident', 'open', 'imap:partial', 'incoming:degraded', '--at', '-95m', ...titles('Mail is slow', 'Le courriel est lent'), ...two('Reading mail takes long, and for some it does not work at all. We look for the cause.', 'La lecture du courriel est lente, et pour certaines personnes impossible. Nous cherchons la cause.'));
  const more = (at, phase, en, fr, ...rest) => said('incident', 'update', String(slow.id), '--at', at, '--phase', phase, ...two(en, fr), ...rest);
  await more('-80m', 'investigating', 'One of the two machines with mailboxes is overloaded. **Nothing is lost**, and mail that you send arrives.', 'L’une des deux machines des boîtes aux lettres est surchargée. **Rien n’est perdu**, et le courriel que vous envoyez arrive.');
  await more('-50m', 'identified', 'We found the cause: a search index is being rebuilt. We move half of the mailboxes to another machine.\n\n- first those of organisations,\n- then all others.', 'La cause est trouvée : un index de recherche est en reconstruction. Nous déplaçons la moitié des boîtes sur une autre machine.\n\n- d’abord celles des organisations,\n- puis toutes les autres.');
  await more('-12m', 'identified', 'Two thirds are moved; for them all is as fast as ever. You have nothing to do.', 'Les deux tiers sont déplacés ; pour ces boîtes tout est rapide comme avant. Vous n’avez rien à faire.', '--next-by', '+40m', '--expected', '+75m', 'incoming:operational');
  const english = await said('incident', 'open', 'builds:degraded', '--at', '-35m', '--title-en', 'Builds wait longer than usual', '--en', 'One of three runners is being repaired; builds start within ten minutes.');
  const work = await said('maintenance', 'plan', 'postgres', 'mariadb', '--start', '+3d', '--for', '2h', ...titles('Databases move to new machines', 'Les bases de données déménagent'), ...two('Each database is away once, for about five minutes. You have nothing to do.', 'Chaque base est coupée une fois, pendant environ cinq minutes. Vous n’avez rien à faire.'));
  await said('maintenance', 'plan', 'phone', '--start', '+9d', '--for', '45m', ...titles('Another telephone line', 'Une autre ligne téléphonique'), ...two('Please write instead of calling.', 'Écrivez-nous au lieu d’appeler.'));
  // Ninety days of states as they would have been kept, and each word posted when it was true: the daemon reads both when it starts.
  await v.restart(() => promisify(execFile)('python3', [join(root, 'tests/browser/made_up_past.py'), join(v.data, 'vigie.db'), ...names]));
  for (const name of names) await v.cli('result', `house/${name}`, 'ok', '-m', 'It works.');
  return { slow: slow.key, english: english.key, work: work.key, over: over.key };
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The console's script. Every page works without it; with it, nothing has to be loaded again.
import { startActs } from './act';
import { startAdd } from './add';
import { startKeys } from './keys';
import { startLive } from './live';
import { startClocks } from './time';

document.documentElement.classList.add('js');
startClocks();
startActs();
startKeys();
startLive();
startAdd();

// On a phone the sections scroll sideways: the present one must be in sight.
const nav = document.querySelector<HTMLElement>('.top nav');
const here = nav?.querySelector<HTMLElement>('[aria-current=page]');
const strip = here?.closest<HTMLElement>('ul') ?? nav;
if (here && strip && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;

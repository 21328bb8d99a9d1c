// SPDX-License-Identifier: GPL-3.0-or-later
// The console's script. Every page works without it; with it, nothing has to be loaded again.
import { startActs } from './act';
import { startKeys } from './keys';
import { startLive } from './live';
import { startClocks } from './time';

document.documentElement.classList.add('js');
startClocks();
startActs();
startKeys();
startLive();

// SPDX-License-Identifier: GPL-3.0-or-later
// The script is typed strictly; esbuild only strips the types.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './kit.mjs';

test('the compiler has nothing to say', async () => {
  const said = await new Promise((done) => execFile(process.execPath, [join(root, 'ui/node_modules/typescript/bin/tsc'), '--noEmit', '-p', join(root, 'ui')], (e, stdout, stderr) => done(stdout + stderr + (e && !stdout ? String(e) : ''))));
  assert.equal(said.trim(), '');
});

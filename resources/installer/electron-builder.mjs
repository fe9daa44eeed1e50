// @ts-check
// The configuration of electron-builder: `electron-builder --config resources/installer/electron-builder.mjs`, in the checkout,
// under the project's own Node, which reads the TypeScript beside it.
import { checkoutDir } from '../dev/console.mjs';
import { base } from './base.ts';
import { beforePack } from './before-pack.ts';
import { linux } from './linux.ts';
import { macos } from './macos.ts';
import { windows } from './windows.ts';

/** @type {import('electron-builder').Configuration} */
export default {
  ...base,
  ...linux,
  ...windows,
  ...macos,
  beforePack: (context) => beforePack(context, checkoutDir),
};

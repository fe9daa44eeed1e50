import { Menu, type MenuItemConstructorOptions, nativeTheme, Tray } from 'electron';
import type { TrayIcons } from './icons.ts';
import type { TrayHandle } from './tray.ts';
import type { TrayAction, TrayEntry } from './tray-model.ts';

function template(
  entries: readonly TrayEntry[],
  act: (action: TrayAction) => void,
): MenuItemConstructorOptions[] {
  return entries.map((entry): MenuItemConstructorOptions => {
    switch (entry.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'words':
        return { label: entry.label, enabled: false };
      case 'action':
        return {
          label: entry.label,
          click: () => {
            act(entry.action);
          },
        };
      case 'choice':
        return {
          type: 'radio',
          label: entry.label,
          checked: entry.chosen,
          enabled: entry.enabled,
          click: () => {
            act(entry.action);
          },
        };
      case 'menu':
        return { label: entry.label, submenu: template(entry.entries, act) };
    }
  });
}

/** An icon in the tray of this desktop. A click opens the window where the desktop passes clicks on; the menu always can. */
export function createElectronTray(icons: TrayIcons, act: (action: TrayAction) => void): TrayHandle {
  const image = (name: Parameters<TrayHandle['picture']>[0]) =>
    icons.tray(name, nativeTheme.shouldUseDarkColors);
  const tray = new Tray(image('waiting'));
  tray.on('click', () => {
    act({ do: 'open' });
  });
  return {
    picture(name) {
      tray.setImage(image(name));
    },
    tooltip(words) {
      tray.setToolTip(words);
    },
    menu(entries) {
      tray.setContextMenu(Menu.buildFromTemplate(template(entries, act)));
    },
    dispose() {
      tray.destroy();
    },
  };
}

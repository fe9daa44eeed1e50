import type { MenuItemConstructorOptions } from 'electron';
import type { Speaker } from '../../text/speaker.ts';

/** Only what keyboards expect: no reload and no developer tools. Labels are ours, since Electron's are English. */
export function appMenu({ t }: Speaker, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const line = { type: 'separator' } as const;
  const quit = { role: 'quit', label: t('shell:menu.quit') } as const;
  const mac: MenuItemConstructorOptions = {
    label: t('common:app'),
    submenu: [
      { role: 'about', label: t('shell:menu.about') },
      line,
      { role: 'hide', label: t('shell:menu.hide') },
      line,
      quit,
    ],
  };
  return [
    ...(platform === 'darwin' ? [mac] : []),
    {
      label: t('shell:menu.file'),
      submenu: [{ role: 'close', label: t('shell:menu.close') }, ...(platform === 'darwin' ? [] : [quit])],
    },
    {
      label: t('shell:menu.edit'),
      submenu: [
        { role: 'undo', label: t('shell:menu.undo') },
        { role: 'redo', label: t('shell:menu.redo') },
        line,
        { role: 'cut', label: t('shell:menu.cut') },
        { role: 'copy', label: t('shell:menu.copy') },
        { role: 'paste', label: t('shell:menu.paste') },
        { role: 'selectAll', label: t('shell:menu.selectAll') },
      ],
    },
    {
      label: t('shell:menu.view'),
      submenu: [
        { role: 'resetZoom', label: t('shell:menu.resetZoom') },
        { role: 'zoomIn', label: t('shell:menu.zoomIn') },
        { role: 'zoomOut', label: t('shell:menu.zoomOut') },
        { role: 'togglefullscreen', label: t('shell:menu.fullScreen') },
      ],
    },
    {
      role: 'windowMenu',
      label: t('shell:menu.window'),
      submenu: [{ role: 'minimize', label: t('shell:menu.minimize') }],
    },
  ];
}

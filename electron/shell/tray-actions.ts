import type { HostApi } from '../contract/commands.ts';
import type { Place } from '../contract/place.ts';
import type { TrayAction } from './tray-model.ts';

export interface TrayActionsOptions {
  readonly api: Pick<HostApi, 'call'>;
  readonly open: (place?: Place) => void;
  readonly quit: () => void;
  /** The host did not do what was clicked. */
  readonly onRefused: (error: unknown) => void;
}

/** What a click in the tray's menu does. */
export function trayActions({
  api,
  open,
  quit,
  onRefused,
}: TrayActionsOptions): (action: TrayAction) => void {
  return (action) => {
    switch (action.do) {
      case 'pause':
        api.call('pause', { length: action.length }).catch(onRefused);
        return;
      case 'resume':
        api.call('resume', {}).catch(onRefused);
        return;
      case 'update':
        api.call('update.install', { handBack: false }).catch(onRefused);
        return;
      case 'preset':
        api.call('settings.set', { key: 'preset', value: action.preset }).catch(onRefused);
        return;
      case 'open':
        open(action.place);
        return;
      case 'quit':
        quit();
        return;
    }
  };
}

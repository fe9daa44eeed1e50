import activity from './en/activity.json' with { type: 'json' };
import common from './en/common.json' with { type: 'json' };
import earnings from './en/earnings.json' with { type: 'json' };
import failures from './en/failures.json' with { type: 'json' };
import grids from './en/grids.json' with { type: 'json' };
import health from './en/health.json' with { type: 'json' };
import home from './en/home.json' with { type: 'json' };
import join from './en/join.json' with { type: 'json' };
import notify from './en/notify.json' with { type: 'json' };
import policy from './en/policy.json' with { type: 'json' };
import pools from './en/pools.json' with { type: 'json' };
import preferences from './en/preferences.json' with { type: 'json' };
import said from './en/said.json' with { type: 'json' };
import shell from './en/shell.json' with { type: 'json' };
import tray from './en/tray.json' with { type: 'json' };
import update from './en/update.json' with { type: 'json' };
import welcome from './en/welcome.json' with { type: 'json' };

/** English: the catalogue that all others follow, key by key. */
export default {
  activity,
  common,
  earnings,
  failures,
  grids,
  health,
  home,
  join,
  notify,
  policy,
  pools,
  preferences,
  said,
  shell,
  tray,
  update,
  welcome,
};

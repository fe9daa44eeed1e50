import activity from './fr/activity.json' with { type: 'json' };
import common from './fr/common.json' with { type: 'json' };
import earnings from './fr/earnings.json' with { type: 'json' };
import failures from './fr/failures.json' with { type: 'json' };
import grids from './fr/grids.json' with { type: 'json' };
import health from './fr/health.json' with { type: 'json' };
import home from './fr/home.json' with { type: 'json' };
import join from './fr/join.json' with { type: 'json' };
import notify from './fr/notify.json' with { type: 'json' };
import policy from './fr/policy.json' with { type: 'json' };
import pools from './fr/pools.json' with { type: 'json' };
import preferences from './fr/preferences.json' with { type: 'json' };
import said from './fr/said.json' with { type: 'json' };
import shell from './fr/shell.json' with { type: 'json' };
import tray from './fr/tray.json' with { type: 'json' };
import update from './fr/update.json' with { type: 'json' };
import welcome from './fr/welcome.json' with { type: 'json' };

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

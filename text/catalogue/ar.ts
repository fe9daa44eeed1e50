import activity from './ar/activity.json' with { type: 'json' };
import common from './ar/common.json' with { type: 'json' };
import earnings from './ar/earnings.json' with { type: 'json' };
import failures from './ar/failures.json' with { type: 'json' };
import grids from './ar/grids.json' with { type: 'json' };
import health from './ar/health.json' with { type: 'json' };
import home from './ar/home.json' with { type: 'json' };
import join from './ar/join.json' with { type: 'json' };
import notify from './ar/notify.json' with { type: 'json' };
import policy from './ar/policy.json' with { type: 'json' };
import pools from './ar/pools.json' with { type: 'json' };
import preferences from './ar/preferences.json' with { type: 'json' };
import said from './ar/said.json' with { type: 'json' };
import shell from './ar/shell.json' with { type: 'json' };
import tray from './ar/tray.json' with { type: 'json' };
import update from './ar/update.json' with { type: 'json' };
import welcome from './ar/welcome.json' with { type: 'json' };

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

import activity from './es/activity.json' with { type: 'json' };
import common from './es/common.json' with { type: 'json' };
import earnings from './es/earnings.json' with { type: 'json' };
import failures from './es/failures.json' with { type: 'json' };
import grids from './es/grids.json' with { type: 'json' };
import health from './es/health.json' with { type: 'json' };
import home from './es/home.json' with { type: 'json' };
import join from './es/join.json' with { type: 'json' };
import notify from './es/notify.json' with { type: 'json' };
import policy from './es/policy.json' with { type: 'json' };
import pools from './es/pools.json' with { type: 'json' };
import preferences from './es/preferences.json' with { type: 'json' };
import said from './es/said.json' with { type: 'json' };
import shell from './es/shell.json' with { type: 'json' };
import tray from './es/tray.json' with { type: 'json' };
import update from './es/update.json' with { type: 'json' };
import welcome from './es/welcome.json' with { type: 'json' };

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

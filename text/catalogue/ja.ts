import activity from './ja/activity.json' with { type: 'json' };
import common from './ja/common.json' with { type: 'json' };
import earnings from './ja/earnings.json' with { type: 'json' };
import failures from './ja/failures.json' with { type: 'json' };
import grids from './ja/grids.json' with { type: 'json' };
import health from './ja/health.json' with { type: 'json' };
import home from './ja/home.json' with { type: 'json' };
import join from './ja/join.json' with { type: 'json' };
import notify from './ja/notify.json' with { type: 'json' };
import policy from './ja/policy.json' with { type: 'json' };
import pools from './ja/pools.json' with { type: 'json' };
import preferences from './ja/preferences.json' with { type: 'json' };
import said from './ja/said.json' with { type: 'json' };
import shell from './ja/shell.json' with { type: 'json' };
import tray from './ja/tray.json' with { type: 'json' };
import update from './ja/update.json' with { type: 'json' };
import welcome from './ja/welcome.json' with { type: 'json' };

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

import { type Project, platform, schedulerPath } from './project.ts';
import type { WebAnswer, WebRequest } from './web-server.ts';
import { elements, escapeXml } from './xml.ts';

/** Error numbers of BOINC's lib/error_numbers.h. */
const errors = {
  notFound: [-136, 'no database record found'],
  projectDown: [-183, 'project is temporarily offline'],
  badEmail: [-205, 'bad email address'],
  badPassword: [-206, 'wrong password'],
  notUnique: [-207, 'email address is not unique'],
  creationDisabled: [-208, 'account creation is disabled'],
} as const;

const xml = (content: string): WebAnswer => ({
  body: `<?xml version="1.0" encoding="ISO-8859-1" ?>\n${content}`,
});

export function refuse(name: keyof typeof errors): WebAnswer {
  const [error_num, error_msg] = errors[name];
  return xml(`<error>\n${elements({ error_num, error_msg })}</error>\n`);
}

/** The master page: a page for people in which clients find the scheduler. */
export function masterPage(project: Project): WebAnswer {
  const scheduler = `${project.addresses.web}${schedulerPath}`;
  const body = [
    '<!DOCTYPE html>',
    '<html><head>',
    `<title>${escapeXml(project.name)}</title>`,
    `<link rel="boinc_scheduler" href="${scheduler}">`,
    '</head><body>',
    '<p>This is a stand-in for a project. It exists for tests.</p>',
    `<!-- <scheduler>${scheduler}</scheduler> -->`,
    '</body></html>',
    '',
  ].join('\n');
  return { type: 'text/html', body };
}

/** `get_project_config.php`. */
export function configPage(project: Project): WebAnswer {
  const down = project.maintenance;
  const platforms = elements({
    platform_name: platform,
    user_friendly_name: 'Linux on an AMD x86_64 processor',
  });
  return xml(
    `<project_config>\n${elements({
      name: project.name,
      master_url: project.masterUrl,
      error_num: down ? -183 : undefined,
      web_stopped: down ? 1 : 0,
      sched_stopped: down ? 1 : 0,
      account_creation_disabled: !project.accountCreation,
      min_passwd_length: 6,
      terms_of_use: project.terms ?? undefined,
    })}<platforms>\n<platform>\n${platforms}</platform>\n</platforms>\n</project_config>\n`,
  );
}

/** `lookup_account.php`: the account key for an e-mail address and a password's hash. */
export function lookupPage(project: Project, { query }: WebRequest): WebAnswer {
  if (project.maintenance) return refuse('projectDown');
  const user = project.accounts.byEmail(query.get('email_addr') ?? '');
  if (!user) return refuse('notFound');
  if (query.get('passwd_hash') !== user.passwordHash) return refuse('badPassword');
  return xml(`<account_out>\n${elements({ authenticator: user.key })}</account_out>\n`);
}

/** `create_account.php`: a new account, or the key of one that has the same password. */
export function createPage(project: Project, { query }: WebRequest): WebAnswer {
  if (project.maintenance) return refuse('projectDown');
  if (!project.accountCreation) return refuse('creationDisabled');
  const email = query.get('email_addr') ?? '';
  const hash = query.get('passwd_hash') ?? '';
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) return refuse('badEmail');
  if (!/^[0-9a-f]{32}$/.test(hash)) return refuse('badPassword');
  const known = project.accounts.byEmail(email);
  if (known && known.passwordHash !== hash) return refuse('notUnique');
  const user = known ?? project.accounts.create(email, hash, query.get('user_name') ?? '');
  return xml(`<account_out>\n${elements({ authenticator: user.key })}</account_out>\n`);
}

/** `am_get_info.php`: what is known of an account, its weak key with it. */
export function infoPage(project: Project, { query }: WebRequest): WebAnswer {
  if (project.maintenance) return refuse('projectDown');
  const user = project.accounts.byKey(query.get('account_key') ?? '');
  if (!user) return refuse('notFound');
  return xml(
    `<am_get_info_reply>\n${elements({
      success: true,
      id: user.id,
      name: user.name,
      country: 'None',
      weak_auth: user.weakKey,
      postal_code: '',
    })}</am_get_info_reply>\n`,
  );
}

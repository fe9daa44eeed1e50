import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { type DeviceAccess, kvmAccessFor } from './accelerator.ts';

/** Whether QEMU, run as this user (ours, if undefined), may open /dev/kvm. */
export async function systemKvmAccess(uid: number | undefined): Promise<DeviceAccess> {
  const facts = await stat('/dev/kvm').catch(() => undefined);
  if (uid !== undefined || !facts) return kvmAccessFor(uid ?? -1, facts);
  // Our own user may have got access by an ACL, which only trying tells.
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => ({ gid: undefined }),
    () => ({ refusal: 'device-not-ours' }),
  );
}

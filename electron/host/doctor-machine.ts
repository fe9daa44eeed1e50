import { type CheckCode, GleanerError, type Said } from '../contract/index.ts';
import type { DeviceAccess } from '../vm/accelerator.ts';
import type { QemuFacts } from '../vm/qemu.ts';
import type { Checker, Fix } from './doctor.ts';
import { installCommand, namespaceCommand, type SystemFacts } from './doctor-commands.ts';

/** What virtual machines need of this computer. */
export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  /** The QEMU that would be used; rejects with qemu-missing or qemu-too-old. */
  hypervisor(): Promise<Pick<QemuFacts, 'version' | 'wrapperRefusal' | 'tools'>>;
  /** In use or remembered, and whether it will be proven anew; null before the first boot. */
  accelerator(): {
    readonly name: string;
    readonly reason: string;
    readonly why: Said['code'];
    readonly again: boolean;
  } | null;
  /** What earlier boots proved is forgotten. */
  forgetAccelerator(): Promise<void>;
  kvm(): Promise<CheckCode<'kvm'>>;
  system(): Promise<SystemFacts>;
}

/**
 * What is known of /dev/kvm: who may open it, and what starts that have happened say of it, if it may be opened.
 * `bootMs` is null before the first boot came to its end. Pure.
 */
export function kvmStateOf(
  access: DeviceAccess,
  started: readonly {
    readonly accelerator: { readonly name: string; readonly said: { readonly code: Said['code'] } } | null;
    readonly bootMs: number | null;
  }[],
): CheckCode<'kvm'> {
  if ('refusal' in access) {
    if (access.refusal === 'no-device') return 'absent';
    return access.refusal === 'device-not-ours' ? 'refused' : 'closed';
  }
  if (started.some(({ accelerator, bootMs }) => accelerator?.name === 'kvm' && bootMs !== null))
    return 'works';
  return started.some(({ accelerator }) => accelerator?.said.code === 'accelerator.no-boot')
    ? 'no-boot'
    : 'open';
}

const firmware = 'Enable virtualization in the firmware';

export const qemuChecker: Checker<'qemu', MachineFacts> = {
  id: 'qemu',
  title: 'QEMU',
  async check(facts) {
    try {
      const { version } = await facts.hypervisor();
      return { state: 'ok', code: 'found', values: { version }, detail: `QEMU ${version}` };
    } catch (error) {
      if (!(error instanceof GleanerError)) throw error;
      const { code, message: detail, hint } = error;
      if (code !== 'qemu-missing' && code !== 'qemu-too-old') throw error;
      return {
        state: 'failed',
        code: code === 'qemu-missing' ? 'missing' : 'too-old',
        detail,
        ...(hint === undefined ? {} : { hint }),
      };
    }
  },
  async fix(facts, code) {
    if (code === 'found') return null;
    const { family } = await facts.system();
    const command = installCommand(family, 'qemu');
    return code === 'missing'
      ? {
          kind: 'manual',
          code: 'install-qemu',
          words: 'Install QEMU; work begins when it is looked at again.',
          command,
        }
      : {
          kind: 'manual',
          code: 'update-qemu',
          words: 'Update QEMU, which may take a newer version of the operating system.',
          command,
        };
  },
};

export const acceleratorChecker: Checker<'accelerator', MachineFacts> = {
  id: 'accelerator',
  title: 'Accelerator',
  check(facts) {
    const found = facts.accelerator();
    if (!found) {
      return Promise.resolve({
        state: 'unknown',
        code: 'unproven',
        detail: 'Proven at the first start of the virtual machine.',
      });
    }
    const { name, reason, why, again } = found;
    const values = { name };
    const detail = `${name}: ${reason}`;
    if (again) {
      return Promise.resolve({
        state: 'unknown',
        code: 'again',
        values,
        detail: `${detail} Proven anew at the next start of the virtual machine.`,
      });
    }
    return Promise.resolve(
      name === 'tcg'
        ? {
            state: 'warning',
            code: 'emulated',
            values,
            detail,
            ...(why === 'accelerator.asked'
              ? { hint: 'Software emulation is slow: set vm.accelerator to auto.' }
              : {}),
          }
        : { state: 'ok', code: 'hardware', values, detail },
    );
  },
  fix(facts, code) {
    // What else stands in the way of a fast one is looked at before every start.
    if (code !== 'emulated' || facts.accelerator()?.why !== 'accelerator.no-boot')
      return Promise.resolve(null);
    return Promise.resolve({
      kind: 'automatic',
      code: 'prove-again',
      words:
        'What worked before is forgotten; the next start of a virtual machine tries the fast ones first.',
      freesBytes: null,
      cancellable: false,
      run: async () => {
        await facts.forgetAccelerator();
        return null;
      },
    });
  },
};

const openDevice = 'Give it to the group kvm: QEMU then runs with that group.';

const kvmFixes: Readonly<Record<CheckCode<'kvm'>, Fix | null>> = {
  open: null,
  works: null,
  'no-boot': null,
  absent: {
    kind: 'manual',
    code: 'enable-virtualization',
    words: `${firmware} (VT-x, AMD-V or SVM), or in what runs this computer as its guest.`,
    command: null,
  },
  refused: {
    kind: 'manual',
    code: 'join-kvm-group',
    words: 'Join the group kvm, then log in again.',
    command: 'sudo usermod -aG kvm "$USER"',
  },
  closed: {
    kind: 'manual',
    code: 'open-kvm-device',
    words: openDevice,
    command: 'sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm',
  },
};

export const kvmChecker: Checker<'kvm', MachineFacts> = {
  id: 'kvm',
  title: 'KVM device',
  applicable: ({ platform }) => platform === 'linux',
  async check(facts) {
    switch (await facts.kvm()) {
      case 'absent':
        return {
          state: 'warning',
          code: 'absent',
          detail: 'There is no /dev/kvm.',
          hint: `${firmware}, or go on with software emulation.`,
        };
      case 'refused':
        return {
          state: 'warning',
          code: 'refused',
          detail: 'You may not use /dev/kvm.',
          hint: 'Join the group kvm, then log in again.',
        };
      case 'closed':
        return {
          state: 'warning',
          code: 'closed',
          detail: 'The user that QEMU runs as may not use /dev/kvm.',
          hint: openDevice,
        };
      case 'open':
        return {
          state: 'ok',
          code: 'open',
          detail: 'It is there and may be used; whether it works shows at the first start that uses it.',
        };
      case 'works':
        return { state: 'ok', code: 'works', detail: 'It works: a virtual machine has started with it.' };
      case 'no-boot':
        return {
          state: 'warning',
          code: 'no-boot',
          detail: 'It is there and may be used, but a virtual machine did not start with it.',
          hint: 'Prove it again: gleaner doctor --fix accelerator',
        };
    }
  },
  fix(_facts, code) {
    return Promise.resolve(kvmFixes[code]);
  },
};

export const isolationChecker: Checker<'isolation', MachineFacts> = {
  id: 'isolation',
  title: 'Isolation of the virtual machine',
  async check(facts) {
    const found = await facts.hypervisor().catch(() => undefined);
    if (!found) return { state: 'unknown', code: 'untold', detail: 'Tried when there is a QEMU.' };
    const { wrapperRefusal, tools } = found;
    if (wrapperRefusal === undefined) {
      return {
        state: 'ok',
        code: 'full',
        detail: 'QEMU runs in its own namespaces under a seccomp filter.',
      };
    }
    return {
      state: 'warning',
      code: tools.bwrap === undefined ? 'no-wrapper' : 'refused',
      values: { why: wrapperRefusal },
      detail: `Reduced: ${wrapperRefusal}.`,
      hint: 'Install bubblewrap and allow user namespaces.',
    };
  },
  async fix(facts, code) {
    if (facts.platform !== 'linux' || code === 'full' || code === 'untold') return null;
    const { family, kernel } = await facts.system();
    return code === 'no-wrapper'
      ? {
          kind: 'manual',
          code: 'install-wrapper',
          words: 'Install bubblewrap, which fences QEMU off.',
          command: installCommand(family, 'wrapper'),
        }
      : {
          kind: 'manual',
          code: 'allow-namespaces',
          words:
            'Allow user namespaces: then every program of yours may make them, which some systems forbid.',
          command: namespaceCommand(kernel),
        };
  },
};

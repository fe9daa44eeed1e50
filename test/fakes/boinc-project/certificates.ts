import { fakeAuthority } from '../certificates.ts';

/** A certificate authority of a test's own, as a company has one. */
export interface Authority {
  /** PEM, for those who are to trust it. */
  readonly certificate: string;
  /** A server's key and certificate for this name or IPv4 address. */
  issue(host: string): { readonly key: string; readonly cert: string };
}

export function makeAuthority(): Authority {
  const authority = fakeAuthority('Stand-in authority');
  return {
    certificate: authority.certificate,
    issue: (host) => {
      const { key, certificate } = authority.certify(host);
      return { key, cert: certificate };
    },
  };
}

import { type RefObject, useLayoutEffect, useRef } from 'react';

/** A dialog that takes the focus while it is there, and gives it back to where it was. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
    };
  }, []);
  return ref;
}

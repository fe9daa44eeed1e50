import { Component, type ReactNode } from 'react';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';

/** Keeps what went wrong in one page from taking the whole window with it. React knows such a boundary as a class only. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="notice notice-bad" role="alert">
        <div>
          <h1 className="notice-title">{t('common:broken')}</h1>
          <p>{t('common:brokenHint')}</p>
        </div>
        <Button
          onPress={() => {
            // What could not be read once is asked for again only by a new page.
            window.location.reload();
          }}
        >
          {t('common:tryAgain')}
        </Button>
      </div>
    );
  }
}

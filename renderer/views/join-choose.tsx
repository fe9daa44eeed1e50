import { type ReactNode, type SyntheticEvent, useId, useRef, useState } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { GridView, KnownProject } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { FormField, Tick } from '../ui/form.tsx';
import { Button, Card, Foreign } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';
import type { Looked } from './join-flow.ts';
import { byArea, knownMark, matching } from './known-projects.ts';

const askKnown = () => client.call('grids.known', {});

/** Which project: one of the list, or any by its address. `url`: the address to begin with; it then comes first. */
export function Choose(props: {
  url: string;
  refused: { looked: Looked; failure: Failure } | null;
  joined: readonly GridView[];
  /** The field for an address comes first. */
  byAddress: boolean;
  onLook: (looked: Looked) => void;
}): ReactNode {
  const { url, refused, onLook } = props;
  const isFirst = url !== '' || props.byAddress;
  const other = useRef<HTMLDivElement>(null);
  const address = (
    <div ref={other}>
      <OtherAddress begin={refused?.looked ?? { url, allowPrivate: false }} onLook={onLook} />
    </div>
  );
  return (
    <>
      {refused === null ? null : <Refused {...refused} onLook={onLook} />}
      {isFirst ? address : null}
      <Known
        joined={props.joined}
        onLook={onLook}
        onOther={() => {
          other.current?.querySelector('input')?.focus();
        }}
      />
      {isFirst ? null : address}
    </>
  );
}

function Refused(props: { looked: Looked; failure: Failure; onLook: (looked: Looked) => void }): ReactNode {
  const { looked, failure, onLook } = props;
  // The gateway refused a private address: only the person knows whose network that is.
  const mayBePrivate = failure.code === 'egress-denied' && !looked.allowPrivate;
  return (
    <Failed failure={failure}>
      <p className="notice-do">
        <Button
          onPress={() => {
            onLook({ ...looked, allowPrivate: looked.allowPrivate || mayBePrivate });
          }}
        >
          {mayBePrivate ? t('join:companyTry') : t('join:tryAgain')}
        </Button>
      </p>
    </Failed>
  );
}

function Known(props: {
  joined: readonly GridView[];
  onLook: (looked: Looked) => void;
  /** None of them: on to the field for an address. */
  onOther: () => void;
}): ReactNode {
  const { answer } = useAsked(askKnown, null);
  const [search, setSearch] = useState('');
  if (answer === null) return <p className="soft">{t('common:loading')}</p>;
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const found = matching(answer.value, search);
  const joined = new Set(props.joined.map(({ url }) => url));
  return (
    <Card title={t('join:choose.title')}>
      <FormField
        type="search"
        label={t('join:choose.search')}
        example={t('join:choose.searchHint')}
        value={search}
        onInput={setSearch}
      />
      <div className="meter-row found">
        <p className="soft small" role="status">
          {t('join:choose.found', { count: found.length })}
        </p>
        <Button small quiet onPress={props.onOther}>
          {t('join:other.title')}
        </Button>
      </div>
      {byArea(found).map(([area, projects]) => (
        <Area key={area} area={area} projects={projects} joined={joined} onLook={props.onLook} />
      ))}
    </Card>
  );
}

function Area(props: {
  area: string;
  projects: readonly KnownProject[];
  joined: ReadonlySet<string | null>;
  onLook: (looked: Looked) => void;
}): ReactNode {
  const id = useId();
  return (
    <section aria-labelledby={id} className="area">
      <h3 id={id}>
        <Foreign>{props.area}</Foreign>
      </h3>
      <ul className="projects">
        {props.projects.map((project) => (
          <li key={project.url}>
            <Choice project={project} joined={props.joined.has(project.url)} onLook={props.onLook} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Choice(props: {
  project: KnownProject;
  joined: boolean;
  onLook: (looked: Looked) => void;
}): ReactNode {
  const id = useId();
  const { project, joined } = props;
  return (
    <button
      type="button"
      className="project"
      disabled={joined}
      aria-labelledby={`${id}-name`}
      aria-describedby={`${id}-about`}
      onClick={() => {
        props.onLook({ url: project.url, allowPrivate: false });
      }}
    >
      <span id={`${id}-name`} className="project-name">
        <Foreign>{project.name}</Foreign>
      </span>
      <span id={`${id}-about`}>
        <Foreign className="line">{project.about}</Foreign>
        <span className="soft small line">{joined ? t('join:choose.joined') : knownMark(project)}</span>
      </span>
    </button>
  );
}

function OtherAddress(props: { begin: Looked; onLook: (looked: Looked) => void }): ReactNode {
  const [url, setUrl] = useState(props.begin.url);
  const [allowPrivate, setAllowPrivate] = useState(props.begin.allowPrivate);
  const [empty, setEmpty] = useState(false);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (url.trim() === '') setEmpty(true);
    else props.onLook({ url: url.trim(), allowPrivate });
  };
  return (
    <Card title={t('join:other.title')}>
      <form className="form" noValidate onSubmit={submit}>
        <FormField
          type="url"
          label={t('join:other.label')}
          hint={t('join:other.hint')}
          example={t('join:other.example')}
          value={url}
          error={empty ? t('join:other.empty') : null}
          onInput={(value) => {
            setUrl(value);
            setEmpty(false);
          }}
        />
        <Tick label={t('grids:allowPrivate')} on={allowPrivate} onChange={setAllowPrivate} />
        <div className="buttons">
          <Button submits>{t('join:lookUp')}</Button>
        </div>
      </form>
    </Card>
  );
}

import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { GridView, KnownProject } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { asList } from '../text/setting-value.ts';
import { FormField, Tick } from '../ui/form.tsx';
import { Button, Card, Foreign } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';
import { type Looked, remedyOf } from './join-flow.ts';
import { byArea, knownMark, matching, permittedOf, sharedDay, sharedMark } from './known-projects.ts';

const askKnown = () => client.call('grids.known', {});

/** Which project: one of the list, or any by its address. `url`: the address to begin with; it then comes first. */
export function Choose(props: {
  url: string;
  refused: { looked: Looked; failure: Failure } | null;
  joined: readonly GridView[];
  /** Who says what is permitted, where they say so. */
  organization: string | null;
  /** What comes first: the field for an address, or the address that a link names. */
  at: 'address' | 'link' | null;
  onLook: (looked: Looked) => void;
  /** Neither: on to the page to join a company's pool. */
  onPool: () => void;
}): ReactNode {
  const { url, refused, at, onLook } = props;
  const isFirst = url !== '' || at !== null || refused !== null;
  const other = useRef<HTMLDivElement>(null);
  const address = (
    <div ref={other}>
      <OtherAddress
        begin={refused?.looked ?? { url, allowPrivate: false }}
        refused={refused}
        byLink={at === 'link' && refused === null}
        onLook={onLook}
      />
    </div>
  );
  return (
    <>
      {isFirst ? address : null}
      <Known
        joined={props.joined}
        organization={props.organization}
        onLook={onLook}
        onOther={() => {
          other.current?.querySelector('input')?.focus();
        }}
      />
      {isFirst ? null : address}
      <Card title={t('pools:join.title')}>
        <div className="stack">
          <p>{t('pools:join.what')}</p>
          <div className="buttons">
            <Button onPress={props.onPool}>{t('pools:join.go')}</Button>
          </div>
        </div>
      </Card>
    </>
  );
}

function Refused(props: { looked: Looked; failure: Failure; onLook: (looked: Looked) => void }): ReactNode {
  const { looked, failure, onLook } = props;
  const remedy = remedyOf(looked, failure);
  return (
    <Failed failure={failure}>
      {remedy === null ? null : (
        <p className="notice-do">
          <Button
            onPress={() => {
              onLook({ ...looked, allowPrivate: looked.allowPrivate || remedy === 'private' });
            }}
          >
            {remedy === 'private' ? t('join:companyTry') : t('join:tryAgain')}
          </Button>
        </p>
      )}
    </Failed>
  );
}

function Known(props: {
  joined: readonly GridView[];
  organization: string | null;
  onLook: (looked: Looked) => void;
  /** None of them: on to the field for an address. */
  onOther: () => void;
}): ReactNode {
  const { answer } = useAsked(askKnown, null);
  const { answer: settings } = useAsked(client.listSettings, null);
  const [search, setSearch] = useState('');
  if (answer === null || settings === null) return <p className="soft">{t('common:loading')}</p>;
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const list = settings.ok ? settings.value.find(({ key }) => key === 'grids.permitted') : undefined;
  const permitted = permittedOf(answer.value, list?.value == null ? null : asList(list.value));
  const found = matching(permitted, search);
  const day = sharedDay(permitted);
  const joined = new Set(props.joined.map(({ url }) => url));
  return (
    <Card title={t('join:choose.title')}>
      {permitted.length < answer.value.length ? (
        <p className="foreign">{permitsWords(props.organization, permitted.length, answer.value.length)}</p>
      ) : null}
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
      {day === null ? null : <p className="soft small">{sharedMark(day)}</p>}
      {byArea(found).map(([area, projects]) => (
        <Area key={area} area={area} projects={projects} day={day} joined={joined} onLook={props.onLook} />
      ))}
    </Card>
  );
}

function permitsWords(organization: string | null, count: number, all: number): string {
  return organization === null
    ? t('join:choose.permittedNameless', { count, all })
    : t('join:choose.permitted', { organization: plain(organization), count, all });
}

function Area(props: {
  area: string;
  projects: readonly KnownProject[];
  /** The day that is said above the list. */
  day: string | null;
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
            <Choice
              project={project}
              marked={project.verified || project.asOf !== props.day}
              joined={props.joined.has(project.url)}
              onLook={props.onLook}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Choice(props: {
  project: KnownProject;
  /** How far it can be relied on is said beside it. */
  marked: boolean;
  joined: boolean;
  onLook: (looked: Looked) => void;
}): ReactNode {
  const id = useId();
  const { project, marked, joined } = props;
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
        {joined || marked ? (
          <span className="soft small line">{joined ? t('join:choose.joined') : knownMark(project)}</span>
        ) : null}
      </span>
    </button>
  );
}

function OtherAddress(props: {
  begin: Looked;
  refused: { looked: Looked; failure: Failure } | null;
  /** It came from a link. */
  byLink: boolean;
  onLook: (looked: Looked) => void;
}): ReactNode {
  const { refused, byLink, onLook } = props;
  const form = useRef<HTMLFormElement>(null);
  const [url, setUrl] = useState(props.begin.url);
  const [allowPrivate, setAllowPrivate] = useState(props.begin.allowPrivate);
  const [empty, setEmpty] = useState(false);
  useEffect(() => {
    if (refused !== null) form.current?.querySelector('input')?.focus();
  }, [refused]);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (url.trim() === '') setEmpty(true);
    else onLook({ url: url.trim(), allowPrivate });
  };
  return (
    <Card title={byLink ? t('join:link.title') : t('join:other.title')}>
      <form ref={form} className="form" noValidate onSubmit={submit}>
        <FormField
          type="url"
          label={t('join:other.label')}
          hint={byLink ? t('join:link.hint') : t('join:other.hint')}
          example={t('join:other.example')}
          value={url}
          error={empty ? t('join:other.empty') : null}
          onInput={(value) => {
            setUrl(value);
            setEmpty(false);
          }}
        />
        {refused === null ? null : <Refused {...refused} onLook={onLook} />}
        <Tick label={t('grids:allowPrivate')} on={allowPrivate} onChange={setAllowPrivate} />
        <div className="buttons">
          <Button submits>{t('join:lookUp')}</Button>
        </div>
      </form>
    </Card>
  );
}

import { type ReactNode, useEffect, useId, useRef } from 'react';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import { organizationName } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { foundGroups, type GroupId, type SettingGroup, settingGroups } from '../text/setting-rows.ts';
import { groupSummary } from '../text/setting-summary.ts';
import { LockMark, Mark } from '../ui/marks.tsx';
import { Card } from '../ui/primitives.tsx';
import type { Changes } from './changes.ts';
import { SettingField } from './setting-field.tsx';

interface GroupsProps {
  readonly settings: ReadonlyMap<SettingKey, EffectiveSetting>;
  readonly organization: string | null;
  readonly changes: Changes;
}

/** Every setting, behind titles that open; each says in a line what is set. */
export function Groups(
  props: GroupsProps & {
    open: ReadonlySet<GroupId>;
    onOpen: (open: ReadonlySet<GroupId>) => void;
    /** Whose title gets the focus as soon as it is there. */
    sentTo: GroupId | null;
  },
): ReactNode {
  const { open, onOpen, sentTo } = props;
  return (
    <div className="card groups">
      {settingGroups.map((group) => (
        <Group
          key={group.id}
          {...props}
          group={group}
          takesFocus={group.id === sentTo}
          isOpen={open.has(group.id)}
          onToggle={() => {
            const next = new Set(open);
            if (!next.delete(group.id)) next.add(group.id);
            onOpen(next);
          }}
        />
      ))}
    </div>
  );
}

function Group(
  props: GroupsProps & {
    group: SettingGroup;
    /** When it appears. */
    takesFocus: boolean;
    isOpen: boolean;
    onToggle: () => void;
  },
): ReactNode {
  const { group, settings, organization, takesFocus, isOpen } = props;
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takesFocus) button.current?.focus();
  }, [takesFocus]);
  const locked = group.rows.filter(({ key }) => settings.get(key)?.source === 'locked').length;
  const title = t(`preferences:group.${group.id}`);
  return (
    <section className="group" aria-label={title}>
      <div className="group-head">
        <h2>
          <button
            ref={button}
            type="button"
            className="group-button"
            aria-expanded={isOpen}
            aria-controls={isOpen ? `${id}-rows` : undefined}
            aria-describedby={`${id}-summary`}
            onClick={props.onToggle}
          >
            {group.rows.some(({ control }) => control.kind === 'language') ? (
              <Mark name="globe" size={16} />
            ) : null}
            {title}
          </button>
        </h2>
        <p id={`${id}-summary`} className="group-summary small soft foreign">
          <span>{groupSummary(group.id, (key) => settings.get(key)?.value ?? null)}</span>
          {locked === 0 ? null : (
            <span>
              <LockMark />
              {t('preferences:setBy', { count: locked, organization: organizationName(organization) })}
            </span>
          )}
        </p>
      </div>
      {isOpen ? (
        <div id={`${id}-rows`}>
          <Rows {...props} />
        </div>
      ) : null}
    </section>
  );
}

/** What is called as the person searches, by group. */
export function Found(props: GroupsProps & { words: string }): ReactNode {
  const groups = foundGroups(props.words);
  const count = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  return (
    <>
      <p className="soft small" role="status">
        {t('preferences:search.found', { count })}
      </p>
      {groups.map((group) => (
        <Card key={group.id} title={t(`preferences:group.${group.id}`)}>
          <Rows {...props} group={group} />
        </Card>
      ))}
    </>
  );
}

function Rows({ group, settings, organization, changes }: GroupsProps & { group: SettingGroup }): ReactNode {
  return (
    <div className="settings">
      {group.rows.map((row) => {
        const setting = settings.get(row.key);
        return setting === undefined ? null : (
          <SettingField
            key={row.key}
            row={row}
            setting={setting}
            organization={organization}
            changes={changes}
          />
        );
      })}
    </div>
  );
}

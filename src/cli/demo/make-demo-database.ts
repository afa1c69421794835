import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Marks the file as ours (`rowf`), so that only such a file is ever replaced. */
export const demoApplicationId = 0x726f7766

export type DemoDefect = { readonly where: string; readonly what: string }

/** What is wrong in the demo on purpose, as it is wrong in real databases. */
export const demoDefects: readonly DemoDefect[] = [
  { where: 'messages.sent_at', what: 'declared TIMESTAMP, holds milliseconds since 1970' },
  { where: 'messages.pinned', what: "declared BOOLEAN, holds 0, 1 and, once, the text 'true'" },
  { where: 'messages.content', what: 'one text with a NUL character, one that is not valid UTF-8' },
  { where: 'attachments.width', what: 'declared INTEGER, holds an empty text once' },
  { where: 'reactions', what: 'one reaction to a message that was deleted' },
]

const schema = `
pragma application_id = ${demoApplicationId};
create table guilds (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  is_large BOOLEAN NOT NULL DEFAULT 0,
  created_at DATETIME NOT NULL
);
create table channels (
  id INTEGER PRIMARY KEY,
  guild_id INTEGER NOT NULL REFERENCES guilds(id) ON DELETE CASCADE,
  name VARCHAR(100) NOT NULL,
  kind TEXT NOT NULL DEFAULT 'text' CHECK (kind IN ('text', 'voice', 'forum')),
  position INT,
  UNIQUE (guild_id, name)
);
create table users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  display_name TEXT,
  bot BOOLEAN NOT NULL DEFAULT 0,
  joined_on DATE
);
create table messages (
  id INTEGER PRIMARY KEY,
  channel_id INTEGER NOT NULL REFERENCES channels(id) ON DELETE CASCADE,
  author_id INTEGER NOT NULL REFERENCES users(id),
  reply_to INTEGER REFERENCES messages(id),
  content TEXT,
  sent_at TIMESTAMP NOT NULL,
  pinned BOOLEAN NOT NULL DEFAULT 0,
  embeds JSON
);
create table attachments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  filename TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width INTEGER,
  checksum BLOB,
  price DECIMAL(8,2)
);
create table reactions (
  message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users(id),
  emoji TEXT NOT NULL,
  PRIMARY KEY (message_id, user_id, emoji)
) WITHOUT ROWID;
create index messages_by_channel on messages (channel_id, sent_at DESC);
create index pinned_messages on messages (channel_id) where pinned = 1;
create index attachments_by_message on attachments (message_id);
create view message_counts as
  select c.name, count(*) as messages from messages m join channels c on c.id = m.channel_id group by c.name;
create trigger forget_reactions after delete on messages
  begin delete from reactions where message_id = old.id; end;
`

const guildNames = ['Ferry Terminal', 'Rowing Club', 'Harbour Café']
const channelNames = ['general', 'announcements', 'photos', 'off-topic', 'help', 'lost-and-found']
const words =
  'the boat leaves at dawn with tea and maps across a calm grey river to harbour lights where gulls wait'.split(' ')
const emojis = ['👍', '❤️', '🎉', '⛵', '🌊', '😂']

/** Ids are of this size in a real archive: greater than 2^53, so that a tool that reads them as doubles is found out. */
const firstId = 1_100_000_000_000_000_000n
const start = Date.UTC(2024, 0, 1)

export type DemoCounts = { readonly users: number; readonly messages: number }

/**
 * Writes the sample database anew; the same content every time. The folder is made where it is missing.
 */
export function makeDemoDatabase(path: string, counts: DemoCounts = { users: 150, messages: 4000 }): void {
  mkdirSync(dirname(path), { recursive: true })
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true })
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  try {
    database.exec(schema)
    database.exec('begin')
    fill(database, counts)
    addDefects(database)
    database.exec('commit')
  } finally {
    database.close()
  }
}

function fill(database: DatabaseSync, counts: DemoCounts): void {
  const pick = seededPicks(20_240_229)
  const guild = database.prepare('insert into guilds values (?, ?, ?, ?)')
  const channel = database.prepare('insert into channels values (?, ?, ?, ?, ?)')
  guildNames.forEach((name, index) => {
    guild.run(firstId + BigInt(index), name, index % 2, isoTime(start + index * 86_400_000))
    channelNames.forEach((channelName, position) => {
      channel.run(
        channelId(index, position),
        firstId + BigInt(index),
        channelName,
        position === 4 ? 'forum' : 'text',
        position,
      )
    })
  })
  const user = database.prepare('insert into users values (?, ?, ?, ?, ?)')
  for (let index = 0; index < counts.users; index++) {
    const joined = isoTime(start + pick(200) * 86_400_000).slice(0, 10)
    user.run(
      userId(index),
      `sailor_${index}`,
      index % 3 === 0 ? null : `Sailor № ${index}`,
      index % 40 === 0 ? 1 : 0,
      joined,
    )
  }
  fillMessages(database, counts, pick)
}

function fillMessages(database: DatabaseSync, counts: DemoCounts, pick: (below: number) => number): void {
  const message = database.prepare('insert into messages values (?, ?, ?, ?, ?, ?, ?, ?)')
  const attachment = database.prepare(
    'insert into attachments (message_id, filename, bytes, width, checksum, price) values (?, ?, ?, ?, ?, ?)',
  )
  const reaction = database.prepare('insert or ignore into reactions values (?, ?, ?)')
  for (let index = 0; index < counts.messages; index++) {
    const id = messageId(index)
    const reply = index > 10 && pick(8) === 0 ? messageId(index - 1 - pick(10)) : null
    const embeds = pick(12) === 0 ? JSON.stringify({ title: sentence(pick), fields: [pick(100), null, true] }) : null
    const sentAt = start + index * 61_000 + pick(60_000)
    message.run(
      id,
      channelId(pick(3), pick(6)),
      userId(pick(counts.users)),
      reply,
      sentence(pick),
      sentAt,
      pick(50) === 0 ? 1 : 0,
      embeds,
    )
    if (pick(10) === 0) {
      const checksum = Uint8Array.from({ length: 16 }, () => pick(256))
      attachment.run(
        id,
        `photo-${index}.jpg`,
        1000 + pick(5_000_000),
        200 + pick(3000),
        checksum,
        (pick(10_000) / 100).toFixed(2),
      )
    }
    for (let count = pick(3); count > 0; count--)
      reaction.run(id, userId(pick(counts.users)), emojis[pick(emojis.length)] ?? '👍')
  }
}

function addDefects(database: DatabaseSync): void {
  const set = (sql: string, id: bigint): void => void database.prepare(sql).run(id)
  set("update messages set content = 'torn' || char(0) || 'sail' where id = ?", messageId(17))
  set("update messages set content = cast(x'636166e9206f757672652061203868' as text) where id = ?", messageId(42))
  set("update messages set pinned = 'true' where id = ?", messageId(99))
  database.exec("update attachments set width = '' where id = 7")
  database.prepare('insert into reactions values (?, ?, ?)').run(messageId(9_999_999), userId(1), '👻')
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
}

function channelId(guild: number, position: number): bigint {
  return firstId + 1000n + BigInt(guild * 100 + position)
}

function userId(index: number): bigint {
  return firstId + 100_000n + BigInt(index)
}

function messageId(index: number): bigint {
  return firstId + 10_000_000n + BigInt(index) * 4096n
}

function sentence(pick: (below: number) => number): string {
  const length = 3 + pick(12)
  return Array.from({ length }, () => words[pick(words.length)] ?? '').join(' ')
}

/** mulberry32: small, and the same numbers on every machine. */
function seededPicks(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

interface Rule {
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
}

/** The linter's configuration, for the content of rooms.json. */
export function lintConfiguration(rooms: Readonly<Record<string, Rule>>): object;

/** The schema registry, as far as Millrace uses it. */
export interface SchemaRegistry {
  /**
   * Registers a schema under a subject, with the rule FULL_TRANSITIVE for what comes after it.
   *
   * @returns the id of the schema; the same for the same text.
   * @throws MillraceError DEFINITION_INCOMPATIBLE with the registry's words, or REGISTRY_UNAVAILABLE.
   */
  register(subject: string, schema: string): Promise<number>;
  /** The text of a schema, or undefined when the registry says that it has none with this id. @throws MillraceError REGISTRY_UNAVAILABLE */
  schemaById(id: number): Promise<string | undefined>;
}

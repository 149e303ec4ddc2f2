/** A revision to be put; the store gives it its number. */
export interface NewTemplateRevision {
  readonly name: string;
  /** Of the content: equal exactly when the content says the same. */
  readonly hash: string;
  readonly description?: string;
  readonly nodeCount: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly createdBy: string;
  /** JSON text, at most 8 MiB in UTF-8; the store does not look into it. */
  readonly content: string;
}

/** What lists show of a revision. */
export interface TemplateRevisionInfo extends Omit<NewTemplateRevision, 'content'> {
  /** From 1, without gaps. */
  readonly revision: number;
}

/** Never changes once it is there. */
export interface TemplateRevision extends TemplateRevisionInfo {
  readonly content: string;
}

export interface FoundTemplate {
  readonly revision: TemplateRevision;
  /** Of the name: none of its revisions is to be run. */
  readonly archived: boolean;
}

export interface TemplatePage {
  /** The latest revision of each name. */
  readonly templates: readonly TemplateRevisionInfo[];
  readonly total: number;
  readonly next?: string;
}

export interface TemplateRevisionPage {
  /** Newest first. */
  readonly revisions: readonly TemplateRevisionInfo[];
  readonly total: number;
  readonly next?: string;
}

export interface TemplateQuery {
  /** Archived names, or those that are not. */
  readonly archived: boolean;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor?: string;
}

/**
 * Templates of a tenant: under each name revisions 1, 2, 3…, which are never changed and never
 * deleted. Rejects with {@link StoreUnavailable} when the store cannot be reached, and where a cursor
 * is taken with {@link InvalidCursor} when it is none of that list's.
 */
export interface TemplateStore {
  /**
   * Adds a revision, unless the latest has the same hash: then that one is answered. Takes the name
   * out of the archive either way. Durable when it resolves; when callers race, each different
   * content gets a number of its own.
   */
  put(
    tenantId: string,
    revision: NewTemplateRevision,
  ): Promise<{ readonly created: boolean; readonly revision: TemplateRevisionInfo }>;
  /** The latest revision unless told which. */
  get(tenantId: string, name: string, revision?: number): Promise<FoundTemplate | undefined>;
  /** By name. */
  list(tenantId: string, query: TemplateQuery): Promise<TemplatePage>;
  /** An empty page when there is no such name. */
  revisions(
    tenantId: string,
    name: string,
    limit: number,
    cursor?: string,
  ): Promise<TemplateRevisionPage>;
  /** Puts a name into the archive or takes it out; false when there is no such name. */
  archive(tenantId: string, name: string, archived: boolean): Promise<boolean>;
}

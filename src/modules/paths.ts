/** Where the resources live; the second prefix is the short one that the user interface calls. */
export const ORCHESTRATION = ['api/v1/orchestration', 'orchestration'];
export const API = '/api/v1/orchestration';

export function jobPath(jobId: string): string {
  return `${API}/job/${encodeURIComponent(jobId)}`;
}

export function nodePath(jobId: string, nodeId: string): string {
  return `${jobPath(jobId)}/nodes/${encodeURIComponent(nodeId)}`;
}

export function testCasePath(name: string): string {
  return `${API}/test-cases/${encodeURIComponent(name)}`;
}

export function deadLetterPath(id: string): string {
  return `${API}/dead-letters/${encodeURIComponent(id)}`;
}

export function schedulePath(name: string): string {
  return `${API}/schedules/${encodeURIComponent(name)}`;
}

/** A revision of a template, or its latest. */
export function templatePath(name: string, revision?: number): string {
  const path = `${API}/templates/${encodeURIComponent(name)}`;
  return revision === undefined ? path : `${path}?revision=${revision}`;
}

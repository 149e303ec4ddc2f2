/** How Swagger shows the parameters of routes of jobs and their nodes. */
export const JOB_ID = { name: 'job_id', example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' };
export const NODE_ID = { name: 'node_id', example: 'test1' };

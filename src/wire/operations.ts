/** Routes that tell how the service is: answered whatever else is refused. */
export const OPERATIONS = /^\/(?:health\/.*|metrics)$/

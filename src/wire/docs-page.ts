import { createHash } from 'node:crypto'

const DESCRIPTIONS = [
  { name: 'Leporello (OpenAPI 3.1)', file: 'openapi.json' },
  { name: 'Mozart (Swagger 2.0)', file: 'swagger.json' }
]

export interface DocsPage {
  readonly html: string
  /** The Content-Security-Policy to send with it: nothing comes from, or goes to, another host. */
  readonly policy: string
}

/**
 * A Swagger UI that offers both descriptions. All its addresses are relative, so that it works behind a proxy that
 * serves the service under another path: `base` leads from the page to where `openapi.json` and `swagger.json` are,
 * `assets` to Swagger UI's own files.
 */
export function docsPage (base: string, assets: string): DocsPage {
  const script = start(base)
  const digest = createHash('sha256').update(script).digest('base64')
  return {
    html: `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Leporello: Swagger UI</title>
<link rel="icon" type="image/png" href="${assets}favicon-32x32.png">
<link rel="stylesheet" href="${assets}swagger-ui.css">
<link rel="stylesheet" href="${assets}index.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${assets}swagger-ui-bundle.js"></script>
<script src="${assets}swagger-ui-standalone-preset.js"></script>
<script>${script}</script>
</body>
</html>
`,
    policy: "default-src 'none'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
      `script-src 'self' 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`
  }
}

/** Without a validator, which would be a site on the internet. */
function start (base: string): string {
  const urls = DESCRIPTIONS.map(({ name, file }) => ({ name, url: base + file }))
  return `
SwaggerUIBundle({
  urls: ${JSON.stringify(urls)},
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout'
})
`
}

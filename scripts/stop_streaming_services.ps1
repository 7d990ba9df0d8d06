#Requires -Version 5.1
# Stops what start_streaming_services has started: `roadwatch services stop`, which has the options.
$main = Join-Path $PSScriptRoot '..' | Join-Path -ChildPath 'dist' | Join-Path -ChildPath 'main.js'
if (-not (Test-Path -LiteralPath $main -PathType Leaf)) {
  [Console]::Error.WriteLine("roadwatch: $main is missing: npm run build makes it")
  exit 1
}
& node $main services stop @args
exit $LASTEXITCODE

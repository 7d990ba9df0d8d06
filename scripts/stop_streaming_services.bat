@echo off
rem Stops what start_streaming_services has started: roadwatch services stop, which has the options.
setlocal
set "main=%~dp0..\dist\main.js"
if exist "%main%" goto run
echo roadwatch: "%main%" is missing: npm run build makes it 1>&2
exit /b 1
:run
node "%main%" services stop %*
exit /b %errorlevel%

@echo off
rem Starts the roles of the service, each in a process of its own: roadwatch services start, which has the options.
setlocal
set "main=%~dp0..\dist\main.js"
if exist "%main%" goto run
echo roadwatch: "%main%" is missing: npm run build makes it 1>&2
exit /b 1
:run
node "%main%" services start %*
exit /b %errorlevel%

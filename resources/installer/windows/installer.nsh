; What Gleaner adds to electron-builder's NSIS installer (its templates/nsis call these macros at their places).
; Compiled in a test with electron-builder's own script and configuration; never run on Windows.
;
; Exit codes, as docs/deploy-windows.md has them. NSIS itself has 0 (done), 1 (cancelled) and 2 (aborted by the script).
!define GLEANER_EXIT_NEWER 3   ; a newer version is installed: nothing was changed
!define GLEANER_EXIT_BUSY 4    ; Gleaner runs and did not end: nothing was changed
!define GLEANER_EXIT_RIGHTS 5  ; not started by an administrator: nothing was changed
!define GLEANER_EXIT_MSI 6     ; installed by MSI, which has to replace or remove it: nothing was changed
!define GLEANER_EXIT_OLD 7     ; the earlier version could not be removed: it may be incomplete

!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh

!define GLEANER_RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define GLEANER_POLICY_KEY "Software\Policies\Gleaner"
!define GLEANER_PROFILES_KEY "SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"

!macro gleanerEnd CODE WORDS
  MessageBox MB_OK|MB_ICONSTOP "${WORDS}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend

!ifndef BUILD_UNINSTALLER
  ; Replaces the version on the stack by its numbers alone: what follows a "-" or "+" is no number.
  Function gleanerNumbers
    Exch $R0
    Push $R1
    Push $R2
    StrCpy $R1 0
    ${Do}
      StrCpy $R2 $R0 1 $R1
      ${If} $R2 == ""
      ${OrIf} $R2 == "-"
      ${OrIf} $R2 == "+"
        ${Break}
      ${EndIf}
      IntOp $R1 $R1 + 1
    ${Loop}
    StrCpy $R0 $R0 $R1
    Pop $R2
    Pop $R1
    Exch $R0
  FunctionEnd
!endif

; In .onInit, once the place of the installation is known. Nothing has been changed before.
!macro customInit
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 != "Admin"
    !insertmacro gleanerEnd ${GLEANER_EXIT_RIGHTS} "${PRODUCT_NAME} is installed for all users: an administrator has to do it."
  ${EndIf}

  ; Beside its own kind of installation this one would leave two entries in the list of programs.
  ${If} ${FileExists} "$INSTDIR\resources\install.json"
    FileOpen $0 "$INSTDIR\resources\install.json" r
    FileRead $0 $1
    FileClose $0
    ${WordFind} "$1" '"msi"' "#" $2
    ; The text itself when the word is not in it, else how often it is.
    ${If} $2 != $1
      !insertmacro gleanerEnd ${GLEANER_EXIT_MSI} "${PRODUCT_NAME} was installed by MSI: replace or remove it the same way."
    ${EndIf}
  ${EndIf}

  ReadRegStr $0 SHELL_CONTEXT "${UNINSTALL_REGISTRY_KEY}" DisplayVersion
  ${If} $0 != ""
    Push $0
    Call gleanerNumbers
    Pop $1
    Push "${VERSION}"
    Call gleanerNumbers
    Pop $2
    ${VersionCompare} "$1" "$2" $3
    ${If} $3 == 1
      !insertmacro gleanerEnd ${GLEANER_EXIT_NEWER} "${PRODUCT_NAME} $0 is installed, which is newer than ${VERSION}. Remove it first; what people have in it stays."
    ${EndIf}
  ${EndIf}
!macroend

; Instead of electron-builder's own, which kills: the Restart Manager asks the program in every session to end, as at the end of
; a session, and Gleaner saves what its virtual machines do. https://learn.microsoft.com/windows/win32/rstmgr
!macro customCheckAppRunning
  ${If} ${FileExists} "$INSTDIR\${APP_EXECUTABLE_FILENAME}"
    System::Call 'rstrtmgr::RmStartSession(*i .r0, i 0, w .r1) i .r2'
    ${If} $2 == 0
      System::Call 'rstrtmgr::RmRegisterResources(i r0, i 1, *w "$INSTDIR\${APP_EXECUTABLE_FILENAME}", i 0, p 0, i 0, p 0) i .r2'
      ; How many programs hold the file; the result is 234 (ERROR_MORE_DATA) when there are some.
      StrCpy $3 0
      System::Call 'rstrtmgr::RmGetList(i r0, *i .r3, *i 0, p 0, *i .r4)'
      ${If} $3 > 0
        DetailPrint "Asking ${PRODUCT_NAME} to save its work and to end …"
        ; Without force: it returns when all have ended, or with an error when one did not.
        System::Call 'rstrtmgr::RmShutdown(i r0, i 0, p 0) i .r2'
      ${EndIf}
      System::Call 'rstrtmgr::RmEndSession(i r0)'
    ${EndIf}
    ; Also where it cannot be told whether it runs.
    ${If} $2 != 0
      !insertmacro gleanerEnd ${GLEANER_EXIT_BUSY} "${PRODUCT_NAME} is running and did not end. Try again when it is closed."
    ${EndIf}
  ${EndIf}
!macroend

; After the earlier version's uninstaller. electron-builder's own would show a box that nobody closes in a silent installation.
!macro gleanerOldVersionCheck
  ${If} ${Errors}
    DetailPrint "The uninstaller of the earlier version could not be started."
  ${ElseIf} $R0 != 0
    !insertmacro gleanerEnd ${GLEANER_EXIT_OLD} "The earlier version could not be removed ($R0)."
  ${EndIf}
!macroend

!macro customUnInstallCheck
  !insertmacro gleanerOldVersionCheck
!macroend

!macro customUnInstallCheckCurrentUser
  !insertmacro gleanerOldVersionCheck
!macroend

; The start at login for everybody: 1 starts, 0 does not, anything else leaves it as it is.
!macro gleanerSetAutostart VALUE
  ${If} ${VALUE} == "1"
    WriteRegStr HKLM "${GLEANER_RUN_KEY}" "Gleaner" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --hidden'
  ${ElseIf} ${VALUE} == "0"
    DeleteRegValue HKLM "${GLEANER_RUN_KEY}" "Gleaner"
  ${EndIf}
!macroend

; After the files are there. /AUTOSTART counts, then a locked policy, then a default. Policies themselves are never written.
!macro customInstall
  FileOpen $0 "$INSTDIR\resources\install.json" w
  FileWrite $0 '{ "version": 1, "kind": "nsis" }$\r$\n'
  FileClose $0

  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/AUTOSTART=" $1
  ${If} ${Errors}
    ClearErrors
    ReadRegDWORD $1 HKLM "${GLEANER_POLICY_KEY}\Locked" "ui.startAtLogin"
    ${If} ${Errors}
      ClearErrors
      ReadRegDWORD $1 HKLM "${GLEANER_POLICY_KEY}\Defaults" "ui.startAtLogin"
      ${If} ${Errors}
        StrCpy $1 ""
      ${EndIf}
    ${EndIf}
  ${EndIf}
  ClearErrors
  !insertmacro gleanerSetAutostart $1
!macroend

; One account's own data. Not by RMDir: whoever owns the folder may have put a junction into it, which `rd` removes and does not follow.
!macro gleanerPurge PROFILE
  ${If} ${FileExists} "${PROFILE}\AppData\Local\Gleaner\*.*"
    nsExec::Exec '"$SYSDIR\cmd.exe" /D /S /C "rd /S /Q "${PROFILE}\AppData\Local\Gleaner""'
    Pop $3
  ${EndIf}
!macroend

; Before the files are removed, by an uninstaller that people or administrators start: an upgrade's own changes none of this.
!macro customUnInstall
  ${IfNot} ${isUpdated}
    DeleteRegValue HKLM "${GLEANER_RUN_KEY}" "Gleaner"
    ; The copy of the installer that electron-builder's script keeps in the account that installed.
    SetShellVarContext current
    RMDir /r "$LOCALAPPDATA\${APP_PACKAGE_NAME}-updater"
    SetShellVarContext all

    ${GetParameters} $0
    ClearErrors
    ${GetOptions} $0 "/PURGE" $1
    ${IfNot} ${Errors}
      ; Every account that ever signed in here, the system's own among them.
      StrCpy $0 0
      ${Do}
        EnumRegKey $1 HKLM "${GLEANER_PROFILES_KEY}" $0
        ${If} $1 == ""
          ${Break}
        ${EndIf}
        ReadRegStr $2 HKLM "${GLEANER_PROFILES_KEY}\$1" "ProfileImagePath"
        ExpandEnvStrings $2 "$2"
        ${If} $2 != ""
          !insertmacro gleanerPurge "$2"
        ${EndIf}
        IntOp $0 $0 + 1
      ${Loop}
    ${EndIf}
    ClearErrors
  ${EndIf}
!macroend

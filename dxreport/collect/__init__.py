"""Collect: turn returned files into changes of the master.

reader    reads a file: identifies its sheets and reads their texts
reading   the records of what was read;  kept  their storage
log       the events, one commit for each command;  migrate  the first commit of an older workspace
replay    folds the events of a measure into its state;  judge  runs the rules for it
commit    the master and its log, and the only way to write them;  ledger  the rows of 受付簿, 競合 and 変更履歴
planner   plans a run of collect;  plan  the records of a plan;  corrected  the corrected copies
run, resolve, withdraw, dismiss  the commands
"""

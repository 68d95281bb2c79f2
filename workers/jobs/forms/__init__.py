"""What forms and diagrams have of each noun: rows read into typed values, typed values written as variables."""

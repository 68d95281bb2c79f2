"""The models of what a pack's folder holds: BPMN, DMN, forms, FEEL."""

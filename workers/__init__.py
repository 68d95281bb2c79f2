"""renkei: process automation for the partnership agreements of Japanese municipalities on Camunda 8."""

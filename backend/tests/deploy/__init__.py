"""Tests of what runs Canopy elsewhere: the demo, NGINX, the rules, the set-up, the configuration's docs."""

"""The mechanisms view: joint conferences, emergency plans, trainings, and the register of consulting bodies."""

-- SPDX-License-Identifier: GPL-3.0-or-later
-- Make a session with the plugin on a track, or look at it after a reload:
-- session.lua is run with FULLHOUSE_STEP, FULLHOUSE_FOLDER, FULLHOUSE_NAME,
-- FULLHOUSE_INSERT (1: with the plugin) and FULLHOUSE_SET (symbol labels)
local step = os.getenv ("FULLHOUSE_STEP")
local folder = os.getenv ("FULLHOUSE_FOLDER")
local name = os.getenv ("FULLHOUSE_NAME")

local function parameters (processor)
  -- label -> number among the input controls, as set_processor_param() counts
  local plugin = processor:to_plugininsert ():plugin (0)
  local found, n = {}, 0
  for i = 0, plugin:parameter_count () - 1 do
    if plugin:parameter_is_control (i) and plugin:parameter_is_input (i) then
      local _, out = plugin:get_parameter_descriptor (i, ARDOUR.ParameterDescriptor ())
      found[out[2].label] = { n = n, port = i }
      n = n + 1
    end
  end
  return found
end

local function insert (session, route, uri)
  local processor = ARDOUR.LuaAPI.new_plugin (session, uri, ARDOUR.PluginType.LV2, "")
  assert (not processor:isnil (), "no plugin " .. uri)
  assert (route:add_processor_by_index (processor, -1, nil, true) == 0)
  return processor
end

if step == "make" then
  local session = create_session (folder, name, 48000)
  assert (session, "no session")
  local track = session:new_audio_track (2, 2, nil, 1, "T",
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true):front ()
  insert (session, track, "urn:fullhouse:test-noise")
  if os.getenv ("FULLHOUSE_INSERT") == "1" then
    local eq = insert (session, track, "urn:fullhouse:auto-eq")
    local known = parameters (eq)
    for label, value in string.gmatch (os.getenv ("FULLHOUSE_SET") or "", "([%a ]+)=([%d.]+);") do
      assert (known[label], "no parameter " .. label)
      assert (ARDOUR.LuaAPI.set_processor_param (eq, known[label].n, tonumber (value)))
    end
    -- Automate the amount: 100 at the start, 20 after one second
    local parameter = Evoral.Parameter (ARDOUR.AutomationType.PluginAutomation, 0, known["Amount"].port)
    local control = eq:to_automatable ():automation_control (parameter, true)
    local list = control:alist ()
    list:add (Temporal.timepos_t (0), 100, false, true)
    list:add (Temporal.timepos_t (48000), 20, false, true)
    control:set_automation_state (ARDOUR.AutoState.Play)
    print ("latency", eq:to_plugininsert ():signal_latency ())
    print ("automation", list:size ())
  end
  -- Ardour connects new tracks in a thread of its own: do not wait for it
  for i = 0, 1 do
    local out = track:output ():audio (i)
    if not out:connected_to ("Master/audio_in " .. i + 1) then
      out:connect ("Master/audio_in " .. i + 1)
    end
  end
  session:save_state ("")
  close_session ()
else
  local session = load_session (folder, name)
  assert (session, "cannot load the session")
  local eq = session:route_by_name ("T"):nth_plugin (1)
  assert (not eq:isnil (), "the plugin is gone")
  local known = parameters (eq)
  for label, entry in pairs (known) do
    print ("parameter", label, ARDOUR.LuaAPI.get_processor_param (eq, entry.n, true))
  end
  local parameter = Evoral.Parameter (ARDOUR.AutomationType.PluginAutomation, 0, known["Amount"].port)
  print ("automation", eq:to_automatable ():automation_control (parameter, true):alist ():size ())
  print ("latency", eq:to_plugininsert ():signal_latency ())
  session:save_state ("")
  close_session ()
end
quit ()

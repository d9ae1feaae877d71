-- descriptions.lua -- core.descriptions: what is said of the files of an area, and the lists in
-- its folder in which a sysop says it: FILES.BBS and DESCRIPT.ION.
local time = require "bbs.time"
local key = require "core.rooms".key

local descriptions = {
  LISTS = { "FILES.BBS", "DESCRIPT.ION" }, -- the first that describes a file counts
}

-- descriptions.is_list(name): is it one of them, in whatever letter case?
function descriptions.is_list(name)
  name = name:upper()
  return name == "FILES.BBS" or name == "DESCRIPT.ION"
end

-- descriptions.has_marks(name): do its lines end in marks of the programs that wrote them?
function descriptions.has_marks(name)
  return name:upper() == "DESCRIPT.ION"
end

-- Not within a character.
local function cut(text, most)
  return #text > most and text:sub(1, utf8.offset(text, 0, most + 1) - 1) or text
end

local LINES_MOST <const> = 30
local TEXT_MOST <const> = 800 -- bytes of one: what a caller types is as long, in any script

-- descriptions.tidy(text) -> its first lines, without the blank ones round them
function descriptions.tidy(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    line = cut(line:match "^.*%S" or "", TEXT_MOST)
    if (line ~= "" or #lines > 0) and #lines < LINES_MOST then lines[#lines + 1] = line end
  end
  while lines[#lines] == "" do lines[#lines] = nil end
  return table.concat(lines, "\n")
end

-- --- lists ---

local LINE_MOST <const> = 16384 -- bytes: of a longer one, the rest is nothing
local LINE_WORK <const> = 100 -- as many bytes' work each line is, however short
local REST <const> = 8000 -- bytes between two rests

-- The lines of a text that ends with one, with rests.
local function lines_of(text)
  local at, work = 1, 0
  return function()
    if at > #text then return nil end
    if work > REST then
      time.sleep(0)
      work = 0
    end
    local to = text:find("\n", at, true)
    local line = cut(text:sub(at, math.min(to - 1, at + LINE_MOST + 3)), LINE_MOST)
    at, work = to + 1, work + #line + LINE_WORK
    return line
  end
end

local function split_name(line)
  local name, rest = line:match '^"([^"]+)"%s*(.*)$'
  if not name then name, rest = line:match "^(%S+)%s*(.*)$" end
  return name, rest
end

local DATES <const> = {
  "^%d%d?([-/.])%d%d?%1%d%d+$", "^%d%d%d%d([-/.])%d%d?%1%d%d?$", "^%d%d?([-/])%a%a%a%1%d%d+$",
}

-- -> the text behind a date, or nil
local function behind_date(text)
  local word, rest = text:match "^(%d%S+)%s*(.*)$"
  for _, date in ipairs(DATES) do
    if word and word:find(date) then return rest end
  end
  return nil
end

-- -> the text behind a size, or nil. A text may begin with a number, too: a size has a date or
-- a column's blanks behind it, or many digits.
local function behind_size(text)
  local digits, blanks, rest = text:match "^(%d[%d,]*)[kKmM]?[bB]?(%s+)(.*)$"
  if digits and (#digits > 4 or #blanks > 1 or behind_date(rest)) then return rest end
  return nil
end

-- What stands behind a name in FILES.BBS, without the size, the date and the counter.
local function text_of(rest)
  rest = behind_size(rest) or rest
  rest = behind_date(rest) or rest
  return rest:match "^%[%s*%d+%s*%]%s*(.*)$" or rest
end

local function each_of_files_bbs(text, add)
  local name, rest
  local said = {}
  local function end_entry()
    if name then add(name, table.concat(said, "\n")) end
    name = nil
  end
  for line in lines_of(text) do
    local more = line:match "^%s+[|+]?%s?(.*)$"
    if line:find "^[-;]" or not line:find "%S" then
      end_entry()
    elseif not more then
      end_entry()
      name, rest = split_name(line)
      said = { text_of(rest) }
    elseif name and #said <= LINES_MOST then
      said[#said + 1] = more
    end
  end
  end_entry()
end

local function each_of_descript_ion(text, add)
  for line in lines_of(text) do
    local name, rest = split_name(line)
    if name then add(name, (rest:gsub("\\n", "\n"))) end
  end
end

-- Names that differ in letter case alone have the same.
local function key_of(name)
  return key(name) or name:lower()
end

local FILES_MOST <const> = 20000 -- whose texts the memory holds, and a table takes at once

-- descriptions.add(texts, name, text): to `texts`, what the list of that name says, which is
-- `text`; of each file, the first counts -> nil, or what is wrong with it.  Waits.
function descriptions.add(texts, list, text)
  local each = descriptions.has_marks(list) and each_of_descript_ion or each_of_files_bbs
  local count, why = 0, nil
  each(text, function(name, said)
    name, said = key_of(name), descriptions.tidy(said)
    if said == "" or texts[name] then return end
    count = count + 1
    if count <= FILES_MOST then
      texts[name] = said
    else
      why = ("it describes more than %d files: the rest is left out"):format(FILES_MOST)
    end
  end)
  return why
end

-- descriptions.of(texts, name) -> what they say of a file, or nil
function descriptions.of(texts, name)
  return texts[key_of(name)]
end

return descriptions

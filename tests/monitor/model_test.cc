// The picture as a value: every width class, every key, and a selection that stays on its job.
#include "monitor/model.h"

#include <map>

#include "jobs.h"
#include "support/catch.h"

using namespace av1d;
using namespace av1d::test;

namespace {

HeaderFacts plain_facts() {
  HeaderFacts facts;
  facts.directory = "/var/lib/av1d/jobs";
  facts.system.cpu = 0.5;
  facts.system.cores = {0.0, 1.0};
  facts.system.memory_bytes = 16ULL << 30U;
  facts.system.memory_used_bytes = 4ULL << 30U;
  facts.system.load = std::array{1.5, 1.25, 1.0};
  facts.space = {{"/srv/films", 100ULL << 30U, 400ULL << 30U, true}};
  return facts;
}

// A monitor without a terminal: jobs, a view, and keys that act on it as in the program.
class Desk {
 public:
  explicit Desk(JobTable table, int columns = 80, int rows = 24) : jobs(std::move(table)) {
    view.columns = columns;
    view.rows = rows;
    settle();
  }
  void settle() {
    list = list_jobs(jobs.rows(), view.order);
    view = settled(view, sight());
  }
  Sight sight() const {
    return {jobs, list, facts, details ? &*details : nullptr, "cannot read it", at(7200)};
  }
  void press(const KeyPress& key) {
    view = after_key(view, key, sight());
    settle();
  }
  void press(KeyKind kind) { press(KeyPress{kind}); }
  void type(const std::string& text) {
    for (const char c : text) press({KeyKind::character, static_cast<char32_t>(c)});
  }
  Screen screen() const { return build_screen(view, sight()); }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& line : screen().lines) all.push_back(line.text());
    return all;
  }
  std::string text() const {
    std::string all;
    for (const auto& line : lines()) all += line + "\n";
    return all;
  }
  std::string selected_name() const {
    return view.selected ? std::string(file_name(*jobs.find(*view.selected))) : "";
  }

  JobTable jobs;
  std::vector<std::uint32_t> list;
  HeaderFacts facts = plain_facts();
  std::optional<Job> details;
  View view;
};

JobTable one_of_each() {
  return table_of({encoding_job("/f/now.mkv"), success_job("/f/good.mkv", 1'000'000'000),
                   turned_down_job("/f/av1.mkv", JobStatus::skipped, ReasonCode::already_av1),
                   turned_down_job("/f/broken.mkv", JobStatus::failed, ReasonCode::validation),
                   job_of("/f/later.mkv", JobStatus::pending)});
}

JobTable numbered(int count) {
  std::vector<Job> jobs;
  for (int i = 0; i < count; ++i) {
    jobs.push_back(success_job("/f/" + std::to_string(1000 + i) + ".mkv", 1, 100'000 - i));
  }
  return table_of(jobs);
}

}  // namespace

TEST_CASE("the list has the columns that its width has room for", "[model]") {
  Desk desk(one_of_each(), 160, 24);
  CHECK(heading_line(160).text() ==
        " STATUS     STAGE        NAME                                      RES  CODEC         SIZE"
        "      NEW  SAVED  PROGRESS                FPS   SPEED     ETA     AGE");
  CHECK(job_line(*desk.jobs.find(job_id_of(encoding_job("/f/now.mkv").id)), 160,
                 {Charset::ascii, at(7200)})
            .text() ==
        " > running  encoding     now.mkv                             1920x1080  h264"
        "          3.7G    ~1.9G   ~50%  #####-------  42.5%    24.5   1.02x   1h01m "
        "  1h59m");
  CHECK(heading_line(120).text() ==
        " STATUS     NAME                                       RES    SIZE      NEW "
        " SAVED  PROGRESS                ETA     AGE");
  CHECK(heading_line(80).text() ==
        " STATUS     NAME                       SIZE  SAVED  PROGRESS                "
        "ETA");
  CHECK(heading_line(79).text() ==
        " STATUS     NAME                                                  DONE     E"
        "TA");
  CHECK(heading_line(40).text() == " STATUS     NAME           DONE     ETA");
}

TEST_CASE("a job of every status says what an owner wants to know of it", "[model]") {
  const std::string text = Desk(one_of_each(), 120, 24).text();
  for (const char* part : {"▶ running  now.mkv", "42.5%", "✓ success  good.mkv", "954M    75%",
                           "✗ failed   broken.mkv", "validation", "- skipped  av1.mkv",
                           "already_av1", "· pending  later.mkv"}) {
    CHECK_THAT(text, ContainsSubstring(part));
  }
}

TEST_CASE("the header tells the daemon, the machine and the sums", "[model]") {
  const auto lines = Desk(one_of_each(), 120, 24).lines();
  CHECK_THAT(lines.at(0), ContainsSubstring("av1d has not run here yet"));
  CHECK_THAT(lines.at(0), ContainsSubstring("/var/lib/av1d/jobs"));
  CHECK_THAT(lines.at(1), ContainsSubstring("CPU ━━━━━━━╸─────── "));
  CHECK_THAT(lines.at(1), ContainsSubstring("50%"));
  CHECK_THAT(lines.at(1), ContainsSubstring("4.0G/16.0G"));
  CHECK_THAT(lines.at(1), ContainsSubstring("Load 1.50 1.25 1.00"));
  CHECK_THAT(lines.at(1), ContainsSubstring("Cores ▁█"));
  CHECK(lines.at(1).find("GPU") == std::string::npos);
  CHECK_THAT(lines.at(2), ContainsSubstring("/srv/films"));
  CHECK_THAT(lines.at(2), ContainsSubstring("100G free"));
  CHECK_THAT(lines.at(3), ContainsSubstring("1 running   1 pending   1 success   1 failed"));
  CHECK_THAT(lines.at(3), ContainsSubstring("2.8 GiB saved"));
  CHECK_THAT(lines.at(3), ContainsSubstring("50.0% well"));
}

TEST_CASE("a picture is never wider or higher than its terminal", "[model]") {
  Desk desk(table_of({encoding_job("/f/東京の夜東京の夜東京の夜東京の夜東京の夜東京の夜.mkv"),
                      job_of("/f/\x1b[2J\xff" + std::string(300, 'x'), JobStatus::pending)}));
  desk.facts.notice = std::string(500, '!');
  desk.facts.daemon.life = DaemonLife::silent;
  CHECK_PROPERTY([&] {
    desk.view.columns = *rc::gen::inRange(1, 250);
    desk.view.rows = *rc::gen::inRange(1, 70);
    desk.view.charset = *rc::gen::element(Charset::utf8, Charset::plain, Charset::ascii);
    desk.view.page = *rc::gen::element(Page::list, Page::details, Page::help);
    desk.view.is_typing = *rc::gen::arbitrary<bool>();
    desk.view.order.search = *rc::gen::element<std::string>("", "zz東", std::string(100, 'y'));
    desk.settle();
    const Screen screen = desk.screen();
    RC_ASSERT(screen.lines.size() <= static_cast<std::size_t>(desk.view.rows));
    for (const auto& line : screen.lines) {
      RC_ASSERT(display_width(line.text()) <= desk.view.columns);
    }
    RC_ASSERT(screen.cursor_column < desk.view.columns);
  });
}

TEST_CASE("every page fits into every width", "[model]") {
  Desk desk(one_of_each(), 40, 60);
  desk.view.order.search = std::string(100, 'y');
  desk.view.order.reversed = true;
  for (desk.view.columns = kLeastColumns; desk.view.columns <= 200; ++desk.view.columns) {
    for (const Page page : {Page::list, Page::details, Page::help}) {
      desk.view.page = page;
      desk.settle();
      for (const auto& line : desk.screen().lines) {
        INFO(desk.view.columns << ": " << line.text());
        REQUIRE(display_width(line.text()) <= desk.view.columns);
      }
    }
  }
}

TEST_CASE("a terminal that is too small gets a message and recovers", "[model]") {
  Desk desk(one_of_each(), 39, 24);
  CHECK_THAT(desk.text(), ContainsSubstring("av1top needs 40x12"));
  desk.view.columns = 40;
  desk.view.rows = 11;
  CHECK_THAT(desk.text(), ContainsSubstring("Too small: 40x11"));
  desk.view.rows = 12;
  desk.settle();
  CHECK_THAT(desk.text(), ContainsSubstring("now.mkv"));
}

TEST_CASE("keys move the selection and never beyond the list", "[model]") {
  Desk desk(numbered(100));
  CHECK(desk.selected_name() == "1000.mkv");
  desk.press(KeyKind::up);
  CHECK(desk.selected_name() == "1000.mkv");
  desk.press(KeyKind::down);
  desk.type("j");
  CHECK(desk.selected_name() == "1002.mkv");
  desk.type("k");
  CHECK(desk.selected_name() == "1001.mkv");
  desk.type("G");
  CHECK(desk.selected_name() == "1099.mkv");
  desk.press(KeyKind::page_down);
  CHECK(desk.selected_name() == "1099.mkv");
  desk.type("g");
  CHECK(desk.selected_name() == "1000.mkv");
  desk.press(KeyKind::page_down);
  CHECK(desk.selected_name() == "1017.mkv");
  CHECK_THAT(desk.text(), ContainsSubstring("1017.mkv"));
  desk.press(KeyKind::page_up);
  CHECK(desk.selected_name() == "1000.mkv");
  desk.press(KeyKind::end);
  desk.press(KeyKind::home);
  CHECK(desk.selected_name() == "1000.mkv");
}

TEST_CASE("the selection stays on its job while the list changes under it", "[model]") {
  Desk desk(numbered(30));
  for (int i = 0; i < 5; ++i) desk.press(KeyKind::down);
  CHECK(desk.selected_name() == "1005.mkv");
  desk.jobs.put(row_of(encoding_job("/f/new.mkv")));  // now first
  desk.settle();
  CHECK(desk.selected_name() == "1005.mkv");
  desk.type("r");
  CHECK(desk.selected_name() == "1005.mkv");
  desk.type("r");
  desk.jobs.erase(*desk.view.selected);
  desk.settle();
  CHECK(desk.selected_name() == "1006.mkv");  // what took its place
}

TEST_CASE("before the owner chooses a job the first one is selected", "[model]") {
  Desk desk(numbered(30));
  desk.jobs.put(row_of(encoding_job("/f/new.mkv")));
  desk.settle();
  CHECK(desk.selected_name() == "new.mkv");
}

TEST_CASE("keys go through filters and orders, and Esc forgets them", "[model]") {
  Desk desk(one_of_each());
  std::vector<std::size_t> counts;
  for (int i = 0; i < 6; ++i) {
    desk.type("f");
    counts.push_back(desk.list.size());
  }
  CHECK(counts == std::vector<std::size_t>{1, 1, 1, 1, 1, 5});
  std::vector<SortKey> keys;
  for (int i = 0; i < 4; ++i) {
    desk.type("s");
    keys.push_back(desk.view.order.sort);
  }
  CHECK(keys == std::vector{SortKey::size, SortKey::status, SortKey::savings, SortKey::date});
  desk.type("f");
  CHECK_THAT(desk.lines().back(), ContainsSubstring("Pending by Date"));
  desk.press(KeyKind::escape);
  CHECK(desk.list.size() == 5);
}

TEST_CASE("a search narrows the list with every letter", "[model]") {
  Desk desk(one_of_each());
  desk.type("/");
  CHECK(desk.screen().cursor_line == 23);
  desk.type("go");
  CHECK(desk.list.size() == 1);
  CHECK_THAT(desk.lines().back(), ContainsSubstring("Search: go"));
  desk.press(KeyKind::backspace);
  desk.type("q");  // text here, not the key that quits
  CHECK_FALSE(desk.view.wants_to_quit);
  CHECK(desk.list.empty());
  CHECK_THAT(desk.text(), ContainsSubstring("No job matches."));
  desk.press(KeyKind::backspace);
  desk.press({KeyKind::character, U'é'});
  CHECK(desk.view.order.search == "gé");
  desk.press(KeyKind::backspace);
  CHECK(desk.view.order.search == "g");
  desk.press(KeyKind::enter);
  CHECK_FALSE(desk.view.is_typing);
  CHECK(desk.list.size() == 1);
  desk.press(KeyKind::escape);
  CHECK(desk.list.size() == 5);
}

TEST_CASE("details show every fact of the job and scroll", "[model]") {
  Desk desk(one_of_each());
  Job job = encoding_job("/f/now.mkv");
  job.argv = {"ffmpeg", "-i", "file:/f/it's.mkv"};
  job.log_tail = {"\x1b[31mlast words"};
  job.warnings = {"mtime could not be kept"};
  job.classification = Classification{SourceClass::disc_like, 0, 20, {"token BluRay: disc +10"}};
  job.plan_reasons = {"1920x1080 is the 1080 tier"};
  job.streams = {"0 video h264 1920x1080"};
  desk.details = job;
  desk.press(KeyKind::enter);
  CHECK(desk.view.page == Page::details);
  std::string all = desk.text();
  desk.press(KeyKind::end);
  all += desk.text();
  for (const char* part :
       {"/f/now.mkv", "running, encoding", "1020 of 2400", "24.5 fps", "disc_like",
        "token BluRay: disc +10", "1920x1080 is the 1080 tier", "ffmpeg -i", "\\x1b[31mlast words",
        "mtime could not be kept", "2023-11-14T22:14:20Z"}) {
    CHECK_THAT(all, ContainsSubstring(part));
  }
  desk.press(KeyKind::home);
  CHECK(desk.view.scroll == 0);
  desk.press(KeyKind::enter);
  CHECK(desk.view.page == Page::list);
  desk.details.reset();
  desk.press(KeyKind::enter);
  CHECK_THAT(desk.text(), ContainsSubstring("cannot read it"));
  desk.press(KeyKind::escape);
  CHECK(desk.view.page == Page::list);
}

TEST_CASE("the help names every key and every column", "[model]") {
  for (const auto& open : {KeyPress{KeyKind::f1}, KeyPress{KeyKind::character, U'?'}}) {
    Desk desk(one_of_each(), 100, 70);
    desk.press(open);
    const std::string text = desk.text();
    for (const auto& key : all_keys()) CHECK_THAT(text, ContainsSubstring(std::string(key.keys)));
    for (const auto& column : all_columns()) {
      CHECK_THAT(text, ContainsSubstring(std::string(column.title)));
      CHECK_THAT(text, ContainsSubstring(std::string(column.meaning)));
    }
    desk.press(open);
    CHECK(desk.view.page == Page::list);
  }
}

TEST_CASE("a click selects, a second one opens, the wheel moves", "[model]") {
  Desk desk(numbered(100));
  const int first = desk.screen().first_job_line;
  desk.press({KeyKind::click, 0, first + 4});
  CHECK(desk.selected_name() == "1004.mkv");
  desk.press({KeyKind::click, 0, 0});
  desk.press({KeyKind::click, 0, 23});
  CHECK(desk.selected_name() == "1004.mkv");
  desk.press(KeyKind::wheel_down);
  CHECK(desk.selected_name() == "1007.mkv");
  desk.press(KeyKind::wheel_up);
  CHECK(desk.selected_name() == "1004.mkv");
  desk.press({KeyKind::double_click, 0, first + 2});
  CHECK(desk.selected_name() == "1002.mkv");
  CHECK(desk.view.page == Page::details);
}

TEST_CASE("an empty directory says what to do next", "[model]") {
  const Desk desk(JobTable{});
  CHECK_THAT(desk.text(), ContainsSubstring("There are no jobs yet."));
  CHECK_THAT(desk.text(), ContainsSubstring("av1d --dry-run"));
}

TEST_CASE("what cannot be read costs one line", "[model]") {
  Desk desk(one_of_each());
  const auto before = desk.lines().size();
  desk.facts.notice = "2 job files cannot be read: x.json: not JSON";
  CHECK_THAT(desk.text(), ContainsSubstring("2 job files cannot be read"));
  CHECK(desk.lines().size() == before);
  desk.facts.unread = 95;
  CHECK_THAT(desk.text(), ContainsSubstring("reading job files: 5 of 100"));
}

TEST_CASE("q quits", "[model]") {
  Desk desk(one_of_each());
  desk.type("q");
  CHECK(desk.view.wants_to_quit);
}

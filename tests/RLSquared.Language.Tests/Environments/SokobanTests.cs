using RLSquared.Language.Environments;
using RLSquared.Language.Prompts;

namespace RLSquared.Language.Tests.Environments;

public sealed class SokobanTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static readonly SokobanOptions cells = new() { View = BoardView.Cells, Border = true };

    static Sokoban Made(SokobanOptions? options = null) => new(options ?? new SokobanOptions(), []);

    Sokoban Of(params string[] rows) => new(cells, SokobanLevels.Read(Written(rows)));

    string Written(params string[] rows)
    {
        string path = Path.Combine(folder, "levels.txt");
        File.WriteAllText(path, string.Join('\n', rows) + "\n");
        return path;
    }

    [Fact]
    public void A_level_is_a_function_of_its_number()
    {
        Sokoban one = Made(), other = Made();
        HashSet<string> seen = [];
        for (ulong level = 0; level < 30; level++)
        {
            one.Reset(level);
            other.Reset(level);
            Assert.Equal(one.Observation, other.Observation);
            seen.Add(one.Observation);
        }
        Assert.True(seen.Count > 25);
    }

    [Theory]
    [InlineData(6, 1, 30)]
    [InlineData(7, 2, 12)]
    [InlineData(8, 3, 8)]
    public void A_level_that_is_made_is_not_solved_and_can_be(int size, int boxes, int depth)
    {
        Sokoban sokoban = Made(cells with { Rows = size, Columns = size, Boxes = boxes, SearchDepth = depth });
        for (ulong level = 0; level < 20; level++)
        {
            sokoban.Reset(level);
            string seen = sokoban.Observation;
            Assert.Equal(boxes, seen.Count(cell => cell == 'X'));
            Assert.Equal(boxes, seen.Count(cell => cell is 'O' or 'S'));
            Assert.Equal(1, seen.Count(cell => cell is 'P' or 'S'));
            string[] rows = seen.Split('\n');
            Assert.All(rows, row => Assert.True(row.Length == size && row[0] == '#' && row[^1] == '#'));
            Assert.True(rows[0].All(cell => cell == '#') && rows[^1].All(cell => cell == '#'));
            int distance = sokoban.OracleDistance!.Value;
            Assert.True(distance > 0);
            while (!sokoban.IsDone)
            {
                Assert.Equal(distance--, sokoban.OracleDistance);
                sokoban.Step(sokoban.OracleAction!);
            }
            Assert.Equal((0, true), (distance, sokoban.IsSolved));
        }
    }

    [Fact]
    public void A_step_costs_a_tenth_a_box_on_a_target_brings_one_and_the_last_one_ten_more()
    {
        Sokoban sokoban = Of("#######", "#@$ . #", "# $.  #", "#######");
        Assert.Equal("#######\n#PX_O_#\n#_XO__#\n#######", sokoban.Observation);
        Assert.Equal(new TextStep(-0.1f, true), sokoban.Step("up"));                        // into the wall
        Assert.Equal(new TextStep(-0.1f, true), sokoban.Step("right"));                     // the box is not there yet
        Assert.Equal("#######\n#_PXO_#\n#_XO__#\n#######", sokoban.Observation);
        Assert.Equal(-0.1f + 1, sokoban.Step("right").Reward);
        Assert.Equal("#######\n#__P√_#\n#_XO__#\n#######", sokoban.Observation);
        Assert.Equal(-0.1f - 1, sokoban.Step("right").Reward);                              // off the target again
        Assert.Equal("#######\n#___SX#\n#_XO__#\n#######", sokoban.Observation);
        Assert.Null(sokoban.OracleDistance);                                                // a corner
        Assert.Null(sokoban.OracleAction);

        Sokoban last = Of("#####", "#@$.#", "#####");
        Assert.Equal(1, last.OracleDistance);
        Assert.Equal(-0.1f + 1 + 10, last.Step("right").Reward);
        Assert.True(last.IsDone && last.IsSolved);
        Assert.Contains("over", Assert.Throws<InvalidOperationException>(() => last.Step("left")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_does_not_move_into_a_wall_or_another_box()
    {
        Sokoban sokoban = Of("########", "#@$$ ..#", "#$     #", "#     .#", "########");
        string before = sokoban.Observation;
        sokoban.Step("right");
        Assert.Equal(before, sokoban.Observation);
        sokoban.Step("down");
        Assert.NotEqual(before, sokoban.Observation);
        string lowered = sokoban.Observation;
        sokoban.Step("down");
        Assert.Equal(lowered, sokoban.Observation);
    }

    [Fact]
    public void Of_several_words_the_first_of_up_down_left_right_counts_and_text_without_one_is_not_valid()
    {
        Sokoban sokoban = Of("#####", "#  .#", "#@$ #", "#   #", "#####");
        sokoban.Step("go right or UP");
        Assert.Contains("#P_O#", sokoban.Observation, StringComparison.Ordinal);
        string before = sokoban.Observation;
        Assert.Equal(new TextStep(-0.1f, true), sokoban.Step("still"));
        Assert.Equal(new TextStep(-0.1f, false), sokoban.Step("jump"));
        Assert.Equal(before, sokoban.Observation);
    }

    [Fact]
    public void A_copy_goes_its_own_way()
    {
        Sokoban sokoban = Of("######", "#@$ .#", "######");
        TextEnvironment copy = sokoban.Clone();
        string before = sokoban.Observation;
        copy.Step("right");
        Assert.Equal(before, sokoban.Observation);
        Assert.Equal((2, 1), (sokoban.OracleDistance, copy.OracleDistance));
        sokoban.Step("right");
        Assert.Equal(copy.Observation, sokoban.Observation);
        Assert.Equal("right", sokoban.Lesson);
    }

    [Theory]
    [InlineData("level 3 of", "has 4 cells in row 2 and 5 in the first", "; 3", "#####", "#@ #", "#####")]
    [InlineData("level 1 of", "has a box at row 2, column 5 that the player cannot reach",
        "#######", "#@.#$ #", "#######")]
    [InlineData("level 1 of", "has 0 players", "#####", "# $.#", "#####")]
    [InlineData("level 1 of", "has 2 players", "######", "#@@$.#", "######")]
    [InlineData("level 1 of", "has 1 boxes and 2 targets", "######", "#@$..#", "######")]
    [InlineData("level 1 of", "has '?' at row 2, column 3", "######", "#@?$.#", "######")]
    [InlineData("level 1 of", "is open at row 2, column 5", "#####", "#@$. ", "#####")]
    [InlineData("has no level", "one is rows of", "")]
    public void A_level_file_that_is_wrong_says_where(string which, string what, params string[] rows)
    {
        string message = Assert.Throws<InvalidDataException>(() => SokobanLevels.Read(Written(rows))).Message;
        Assert.Contains(which, message, StringComparison.Ordinal);
        Assert.Contains(what, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_level_that_is_wrong_is_named_by_its_line()
    {
        string path = Written("; 0", "#####", "#@$.#", "#####", "", "; 1", "#####", "#@$ #", "#####");
        Assert.Contains("level 1 of", Assert.Throws<InvalidDataException>(() => SokobanLevels.Read(path)).Message,
            StringComparison.Ordinal);
        Assert.Contains("(line 7)", Assert.Throws<InvalidDataException>(() => SokobanLevels.Read(path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_single_level_are_refused()
    {
        Assert.Throws<FileNotFoundException>(() => new SokobanTask(new SokobanOptions { Levels = "none.txt" }));
        string one = Written("#####", "#@$.#", "#####");
        Assert.Contains("two or more", Assert.Throws<OptionException>(
            () => new SokobanTask(new SokobanOptions { Levels = one })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_file_the_last_levels_only_measure()
    {
        string[] level = ["#####", "#@$.#", "#####", ""];
        string[] other = ["######", "#@ $.#", "######", ""];
        var task = new SokobanTask(new SokobanOptions
        {
            Levels = Written([.. Enumerable.Repeat(level, 9).SelectMany(rows => rows), .. other]),
        });
        TextEnvironment environment = task.Create();
        for (long number = 0; number < 30; number++)
        {
            environment.Reset(task.Level(1, number, PromptSplit.Training));
            Assert.Equal(1, environment.OracleDistance);
            environment.Reset(task.Level(1, number, PromptSplit.HeldOut));
            Assert.Equal(2, environment.OracleDistance);
        }
    }

    [Fact]
    public void Levels_to_learn_from_and_levels_that_measure_have_other_numbers()
    {
        var task = new SokobanTask();
        for (long number = 0; number < 1000; number++)
        {
            Assert.True(task.Level(7, number, PromptSplit.Training) < (1 << 16) - 1);
            Assert.True(task.Level(7, number, PromptSplit.HeldOut) >= 1 << 16);
        }
    }

    // A target is under the player in the second level: each thing stands in its own place all the same.
    [Fact]
    public void By_squares_each_wall_target_box_and_the_player_stands_with_its_square()
    {
        string path = Written(
            "#####", "##.##", "# $ #", "#@  #", "#####", "", "#####", "#*+ #", "#$  #", "#   #", "#####");
        SokobanBoard[] levels = SokobanLevels.Read(path);
        Assert.Equal(" #a1 #c1 Ob1 Xb2 Pa3", levels[0].Places(border: false));
        Assert.Equal(" Oa1 Ob1 Xa1 Xa2 Pb1", levels[1].Places(border: false));
        Assert.StartsWith(" #a1 #b1 #c1 #d1 #e1 #a2 #b2 #d2 #e2", levels[0].Places(border: true),
            StringComparison.Ordinal);
        Assert.EndsWith(" Oc2 Xc3 Pb4", levels[0].Places(border: true), StringComparison.Ordinal);
        var sokoban = new Sokoban(new SokobanOptions(), levels);
        sokoban.Reset(0);
        sokoban.Step("right");
        Assert.Equal(" #a1 #c1 Ob1 Xb2 Pb3", sokoban.Observation);
    }

    [Fact]
    public void From_around_the_player_each_direction_and_each_box_with_its_target_is_told()
    {
        SokobanBoard[] levels = SokobanLevels.Read(Written(
            "######", "#.@ ##", "# $ ##", "##  ##", "######", "", "######", "#.$ .#", "# $@ #", "#    #", "######"));
        // Up is wall, and nothing behind a wall is told; the box has floor beside it and the player above it.
        Assert.Equal(" ^## vX_ <O# >_# X+0+1 ^P v_ <_ >_ O-1-1", levels[0].Around());
        // The nearer box first; its nearest target is the left one, which is nearest to the other box too.
        Assert.Equal(" ^_# v_# <X_ >_# X-1+0 ^X v_ <_ >P O-1-1 X-1-1 ^# vX <O >_ O-1+0", levels[1].Around());
        levels[0].Move(1);                                                      // the box goes down
        Assert.Equal(" ^_# vX# <_# >_# X+0+1 ^P v# <# >_ O-1-2", levels[0].Around());
    }

    [Fact]
    public void A_box_on_its_target_has_no_way_left_and_another_box_does_not_count_it()
    {
        SokobanBoard level = SokobanLevels.Read(Written("#######", "#@*$ .#", "#     #", "#######"))[0];
        Assert.Equal(" ^## v_# <## >√X X+1+0 ^# v_ <P >X O+0+0 X+2+0 ^# v_ <√ >_ O+2+0", level.Around());
    }

    [Fact]
    public void States_that_look_alike_from_the_player_are_still_told_apart_for_credit()
    {
        SokobanBoard[] levels = SokobanLevels.Read(Written(
            "##########", "#  @$.   #", "##########", "", "##########", "#   @$.  #", "##########"));
        var one = new Sokoban(new SokobanOptions { View = BoardView.Around }, levels);
        var other = (Sokoban)one.Clone();
        other.Reset(1);
        Assert.Equal(" ^## v## <__ >XO X+1+0 ^# v# <P >O O+1+0", one.Observation);
        Assert.Equal(one.Observation, other.Observation);
        Assert.NotEqual(one.AnchorKey, other.AnchorKey);
        other.Step("left");
        Assert.NotEqual(one.Observation, other.Observation);
        other.Reset(0);
        Assert.Equal(one.AnchorKey, other.AnchorKey);
    }

    [Theory]
    [InlineData(BoardView.Around, false)]
    [InlineData(BoardView.Around, true)]
    [InlineData(BoardView.Cells, false)]
    [InlineData(BoardView.Cells, true)]
    [InlineData(BoardView.Squares, false)]
    [InlineData(BoardView.Squares, true)]
    public void An_observation_has_no_more_tokens_than_the_task_says(BoardView view, bool border)
    {
        var task = new SokobanTask(new SokobanOptions { View = view, Border = border, Boxes = 2 });
        TextEnvironment environment = task.Create();
        for (ulong level = 0; level < 20; level++)
        {
            environment.Reset(level);
            int tokens = task.Tokenizer.Encode(AgentTags.Observation + environment.Observation).Length;
            Assert.InRange(tokens, view == BoardView.Cells ? task.LongestObservation - 1 : 6, task.LongestObservation);
            if (view != BoardView.Cells)
                Assert.Equal(environment.Observation.Split(' ').Length, tokens);
            Assert.Single(task.Tokenizer.Encode("right"));
            Assert.Equal(AgentTags.Observation + environment.Observation,
                task.Tokenizer.Decode(task.Tokenizer.Encode(AgentTags.Observation + environment.Observation)));
        }
    }

    [JudgedFact("shared:data/boxoban")]
    public void Levels_of_boxoban_are_read_and_the_oracle_solves_some()
    {
        string path = Path.Combine(Judges.Find("shared:data/boxoban")!, "unfiltered-valid-000.txt");
        SokobanBoard[] levels = SokobanLevels.Read(path);
        Assert.Equal(1000, levels.Length);
        Assert.All(levels, level => Assert.Equal((10, 10, 4), (level.Rows, level.Columns, level.Boxes.Length)));
        Assert.Contains(levels.Take(6), level => SokobanSearch.Solve(level) is { Length: > 5 });
    }
}

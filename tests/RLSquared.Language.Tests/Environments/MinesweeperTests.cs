using RLSquared.Language.Environments;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Tests.Environments;

public sealed class MinesweeperTests
{
    static Minesweeper Field(int size = 5, int mines = 3, ulong level = 0)
    {
        var field = new Minesweeper(new MinesweeperOptions
        {
            Rows = size,
            Columns = size,
            Mines = mines,
            View = BoardView.Cells,
        });
        field.Reset(level);
        return field;
    }

    // The closed cells of a solved field are its mines.
    static string[] MinesOf(Minesweeper field)
    {
        var copy = (Minesweeper)field.Clone();
        while (!copy.IsDone)
            copy.Step(copy.OracleAction!);
        string[] rows = copy.Observation.Split('\n');
        return [.. from r in Enumerable.Range(0, rows.Length)
                   from c in Enumerable.Range(0, rows.Length)
                   where rows[r][c] == '?'
                   select $"{r + 1} {c + 1}"];
    }

    [Fact]
    public void The_oracle_opens_every_field_with_as_many_clicks_as_it_says()
    {
        for (ulong level = 0; level < 50; level++)
        {
            Minesweeper field = Field(level: level);
            Assert.Equal(3, MinesOf(field).Length);
            int distance = field.OracleDistance!.Value;
            float reward = 0;
            for (; !field.IsDone; distance--)
            {
                Assert.Equal(distance, field.OracleDistance);
                reward += field.Step(field.OracleAction!).Reward;
            }
            Assert.Equal((0, 10f, true), (distance, reward, field.IsSolved));
        }
    }

    [Fact]
    public void A_digit_is_the_number_of_mines_around_and_a_dot_opens_its_neighbours()
    {
        for (ulong level = 0; level < 20; level++)
        {
            Minesweeper field = Field(level: level);
            HashSet<string> mines = [.. MinesOf(field)];
            while (!field.IsDone)
                field.Step(field.OracleAction!);
            string[] rows = field.Observation.Split('\n');
            for (int r = 0; r < 5; r++)
            {
                for (int c = 0; c < 5; c++)
                {
                    int around = (from dr in (int[])[-1, 0, 1]
                                  from dc in (int[])[-1, 0, 1]
                                  where (dr, dc) != (0, 0) && mines.Contains($"{r + 1 + dr} {c + 1 + dc}")
                                  select 1).Count();
                    Assert.Equal(mines.Contains($"{r + 1} {c + 1}") ? '?' : around == 0 ? '.' : (char)('0' + around),
                        rows[r][c]);
                }
            }
        }
        // One mine in a corner of 4 by 4: one click far away opens all.
        ulong corner = Enumerable.Range(0, 1000).Select(one => (ulong)one)
            .First(level => MinesOf(Field(4, 1, level)) is ["1 1"]);
        Minesweeper open = Field(4, 1, corner);
        Assert.Equal(1, open.OracleDistance);
        Assert.Equal(new TextStep(10, true), open.Step("4 4"));
        Assert.Equal("?1..\n11..\n....\n....", open.Observation);
        Minesweeper near = Field(4, 1, corner);
        Assert.Equal(new TextStep(0, true), near.Step("2 2"));
        Assert.Equal("????\n?1??\n????\n????", near.Observation);
    }

    [Fact]
    public void A_mine_ends_the_play_and_the_note_says_where_it_was()
    {
        Minesweeper field = Field(level: 3);
        string mine = MinesOf(field)[0];
        Assert.Equal(new TextStep(0, true), field.Step(mine));
        Assert.True(field.IsDone && !field.IsSolved);
        Assert.Contains('*', field.Observation);
        Assert.Equal("mine " + mine, field.Lesson);
        Assert.Null(field.OracleDistance);
        Assert.Null(field.OracleAction);
        Assert.Empty(field.AdmissibleActions);
        field.Reset(3);
        Assert.Contains(mine, MinesOf(field));                                              // it lies where it lay
    }

    [Theory]
    [InlineData("")]
    [InlineData("6 1")]
    [InlineData("0 1")]
    [InlineData("1 -1")]
    [InlineData("1  1")]
    [InlineData("open 1 1")]
    public void What_is_no_closed_cell_changes_nothing(string action)
    {
        Minesweeper field = Field();
        string before = field.Observation;
        Assert.Equal(new TextStep(0, false), field.Step(action));
        Assert.Equal(before, field.Observation);
        string safe = field.OracleAction!;
        field.Step(safe);
        if (!field.IsDone)
            Assert.False(field.Step(safe).IsValid);                                         // open already
    }

    [Fact]
    public void A_good_player_sees_only_what_is_shown_and_avoids_what_was_noted()
    {
        int solved = 0, later = 0, repeated = 0;
        for (ulong level = 0; level < 200; level++)
        {
            List<string> lessons = [];
            for (int attempt = 0; attempt < 3; attempt++)
            {
                Minesweeper field = Field(level: level);
                RandomSequence random = new RandomKey(level, RandomPurpose.Other, (ulong)attempt).Sequence(0);
                while (!field.IsDone)
                    field.Step(field.Demonstrate(ref random, lessons)!);
                solved += attempt == 0 && field.IsSolved ? 1 : 0;
                if (field.IsSolved)
                {
                    later++;
                    break;
                }
                repeated += lessons.Contains(field.Lesson) ? 1 : 0;
                lessons.Add(field.Lesson);
            }
        }
        Assert.InRange(solved, 80, 180);                     // it must guess at first: no oracle
        Assert.True(later > solved + 20);
        Assert.Equal(0, repeated);
    }

    // The same field in both views, click by click.
    [Fact]
    public void By_squares_what_is_open_stands_with_its_square_and_a_square_is_an_action()
    {
        for (ulong level = 0; level < 20; level++)
        {
            Minesweeper cells = Field(level: level);
            var task = new MinesweeperTask();
            TextEnvironment squares = task.Create();
            squares.Reset(level);
            Assert.Equal("", squares.Observation);
            while (!squares.IsDone)
            {
                string action = squares.OracleAction!;
                Assert.Single(task.Tokenizer.Encode(action));
                Assert.Equal(cells.OracleAction, $"{action[1..]} {action[0] - 'a' + 1}");
                cells.Step(cells.OracleAction!);
                Assert.True(squares.Step(action).IsValid);
                if (!squares.IsDone)
                    Assert.False(squares.Step(action).IsValid);                             // open already
                string[] rows = cells.Observation.Split('\n');
                Assert.Equal(from r in Enumerable.Range(0, 5)
                             from c in Enumerable.Range(0, 5)
                             where rows[r][c] != '?'
                             select $"{rows[r][c]}{(char)('a' + c)}{r + 1}", squares.Observation.Split(' ')[1..]);
                int tokens = task.Tokenizer.Encode(AgentTags.Observation + squares.Observation).Length;
                Assert.Equal(squares.Observation.Split(' ').Length, tokens);
                Assert.True(tokens <= task.LongestObservation);
            }
        }
    }

    [Fact]
    public void By_squares_a_mine_is_noted_by_its_square_and_heeded()
    {
        var task = new MinesweeperTask(new MinesweeperOptions { Rows = 2, Columns = 2, Mines = 3 });
        TextEnvironment field = task.Create();
        field.Reset(1);
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
        string[] mines = [.. field.AdmissibleActions.Where(action => action != field.OracleAction)];
        field.Step(mines[0]);
        Assert.Equal(" *" + mines[0], field.Observation);
        Assert.Equal(" *" + mines[0], field.Lesson);
        Assert.Equal(task.LongestLesson, task.Tokenizer.Encode(field.Lesson).Length);
        field.Reset(1);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(field.OracleAction,
                field.Demonstrate(ref random, [.. mines.Select(mine => " *" + mine)]));
        }
    }

    [Theory]
    [InlineData("a1", 0, 0)]
    [InlineData("c12", 11, 2)]
    [InlineData("d1", -1, -1)]
    [InlineData("a13", -1, -1)]
    [InlineData("a0", -1, -1)]
    [InlineData("a01", -1, -1)]
    [InlineData("A1", -1, -1)]
    [InlineData("a", -1, -1)]
    [InlineData("1a", -1, -1)]
    [InlineData("", -1, -1)]
    public void A_square_is_a_letter_for_the_column_and_the_row_from_the_top(string text, int row, int column)
    {
        (int, int)? square = row < 0 ? null : (row, column);
        Assert.Equal(square, Squares.Find(text, rows: 12, columns: 3));
        if (row >= 0)
            Assert.Equal(text, Squares.Name(row, column));
    }

    [Fact]
    public void More_mines_than_cells_are_refused() => Assert.Contains("leave no safe cell",
        Assert.Throws<OptionException>(() => new MinesweeperTask(new MinesweeperOptions
        {
            Rows = 2,
            Columns = 2,
            Mines = 4,
        })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_field_has_no_player_to_look_around_from() => Assert.StartsWith("view must be cells or squares",
        Assert.Throws<OptionException>(() => new MinesweeperOptions { View = BoardView.Around }).Message,
        StringComparison.Ordinal);
}

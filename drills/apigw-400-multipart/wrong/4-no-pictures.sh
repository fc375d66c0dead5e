# refused because: nobody is refused who sends no picture
foulweather drill deploy mobile form_header=no-picture

# refused because: the upload passes, and its bytes are read as text on their way to the function
foulweather drill deploy mobile form_header=library
